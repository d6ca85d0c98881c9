import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commandsOf, ROOT } from '../../docs/documents.ts';
import { KEY } from '../../support/program/environment.ts';
import { run } from '../../support/program/run.ts';
import { start } from '../../support/program/start.ts';
import { until, workDirectory } from '../../support/program/workspace.ts';
import { moveExample, REDIS_PASSWORD, startExample } from '../../support/queue/example-redis.ts';
import { freePort, startRedis } from '../../support/queue/redis-server.ts';
import { openSandbox } from '../../support/sandbox/open.ts';

/** The commands of "Five minutes", with the ports of this test. */
function commands(redis: string, sandboxPort: number): string[][] {
  const all = commandsOf('docs/many-hosts.md').filter((words) => words.join(' ').match(/6400|sandbox/));
  const moved = all.map((words) =>
    words.map((word) =>
      word
        .replace('redis://127.0.0.1:6400', redis)
        .replace('4010', String(sandboxPort))
        .replace('samples/', `${join(ROOT, 'samples')}/`),
    ),
  );
  // Faster than for a person, and with a lease that soon expires.
  const quick = (args: string[]) =>
    args[0] === 'worker' ? [...args, '--lease', '2s'] : args[0] === 'apply' ? [...args, '--timeout', '1s'] : args;
  return moved.map(([, ...args]) => quick(args.map((word, at) => (args[at - 1] === '--rate' ? '8' : word))));
}

it('docs/many-hosts.md: another worker goes on with the run of "Five minutes" after a kill', async () => {
  const cwd = workDirectory();
  const redis = await startRedis(join(cwd, 'redis'));
  const sandboxPort = await freePort();
  const [ofRedis, ofSandbox, ofWorker, ofOther, ofApply, ofQueue] = commands(redis.url, sandboxPort) as string[][];
  expect(ofRedis).toEqual(['--port', '6400', '--appendonly', 'yes', '--appendfsync', 'always']);
  const sandbox = start(cwd, ofSandbox as string[]);
  await until(() => sandbox.output().includes(`127.0.0.1:${sandboxPort}`));
  const workers = [ofWorker, ofOther].map((args) => start(cwd, args as string[]));
  for (const worker of workers) await until(() => worker.output().includes('worker.started'));
  const apply = start(cwd, ofApply as string[]);

  const overview = async () => JSON.parse((await run(cwd, [...(ofQueue as string[]), '--json'])).stdout);
  let pid: number | undefined;
  while (pid === undefined) {
    const owner = (await overview()).accounts[0]?.lease?.owner;
    pid = owner?.worker === undefined ? undefined : owner.pid;
  }
  process.kill(pid as number, 'SIGKILL');
  expect(await apply.ended).toMatchObject({ exit: 0, stdout: expect.stringContaining('20  updated') });
  expect(await overview()).toMatchObject({ runs: [], accounts: [{ lease: null }] });
  for (const worker of workers.filter(({ child }) => child.pid !== pid)) {
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toMatchObject({ exit: 0 });
  }
  expect(apply.output() + workers.map((worker) => worker.output()).join('')).not.toContain(KEY);
  sandbox.child.kill('SIGTERM');
  await redis.remove();
});

it('many-hosts.yaml is carried out through the Redis of jobs/, by a worker with keys as systemd passes them', async () => {
  const cwd = workDirectory();
  cpSync(join(ROOT, 'jobs'), join(cwd, 'jobs'), { recursive: true });
  const port = await moveExample(cwd);
  await startExample(cwd, port);
  const credentials = join(cwd, 'credentials');
  mkdirSync(credentials);
  for (const name of ['customer-1', 'customer-2']) {
    const key = name === 'customer-2' ? KEY : 'KEY-OF-ANOTHER-CUSTOMER-0123456789';
    writeFileSync(join(credentials, `keys_${name}`), `${key}\n`, { mode: 0o400 });
  }
  const env = {
    NODE_EXTRA_CA_CERTS: join(cwd, 'ca.crt'),
    TELNYX_REASSIGN_QUEUE: `rediss://telnyx-reassign:${REDIS_PASSWORD}@127.0.0.1:${port}`,
  };
  const [line = ''] =
    /^ExecStart=.*$/m.exec(readFileSync(join(ROOT, 'jobs/telnyx-reassign-worker.service'), 'utf8')) ?? [];
  const [, ...args] = line.replace(/\$\{CREDENTIALS_DIRECTORY\}/, credentials).split(' ');
  const worker = start(cwd, args, { key: null, env });
  await until(() => worker.output().includes('with 2 keys'));
  const sandbox = await openSandbox({ numbers: 24, key: KEY });
  const job = start(cwd, ['run', 'jobs/many-hosts.yaml', '--base-url', sandbox.url, '--rate', '200'], { env });
  const ended = await job.ended;
  expect(ended.exit, ended.stderr).toBe(0);
  expect(sandbox.requests().filter(({ method }) => method === 'PATCH').length).toBeGreaterThan(5);
  worker.child.kill('SIGTERM');
  expect(await worker.ended).toMatchObject({ exit: 0 });
  const log = worker
    .output()
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text));
  expect(log.find(({ event }) => event === 'run.started')).toMatchObject({
    run: expect.stringContaining('-nightly-'),
    account: expect.stringMatching(/^[0-9a-f]{8}$/),
  });
  expect(worker.output() + job.output()).not.toMatch(new RegExp(`${KEY}|ANOTHER-CUSTOMER|${REDIS_PASSWORD}`));
});
