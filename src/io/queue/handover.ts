import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import {
  type HandoverRecord,
  type HandoverRef,
  handoverFields,
  KEYS,
  leaseKey,
  PROTOCOL,
  type QueueCommand,
  readCommand,
  readHandover,
  runKeys,
} from '../../core/queue/protocol.ts';
import { decodeTasks, encodeTasks, type QueuedTask, TASKS_PER_CHUNK } from '../../core/queue/tasks.ts';
import type { Queue } from '../redis/connection.ts';
import { redisScript } from '../redis/script.ts';
import { type OpenRecord, openPart, recordSeal, type SealedRef, sealPart } from './seal.ts';

const MONTH_MS = 30 * 24 * 3600 * 1000;
const WEEK_MS = 7 * 24 * 3600 * 1000;

const deflated = promisify(deflateRaw) as (text: string) => Promise<Buffer>;
const inflated = promisify(inflateRaw) as (bytes: Buffer) => Promise<Buffer>;

const UPLOADED = redisScript<number>(`
if redis.call('HLEN', KEYS[2]) ~= tonumber(ARGV[1]) or redis.call('HGET', KEYS[1], 'state') ~= 'uploading' then return 0 end
redis.call('HSET', KEYS[1], 'state', 'waiting', 'chunks', ARGV[1])
return 1
`);

/**
 * Writes a run to Redis: its record and its tasks. It is not in the queue yet: see `addJob`. Returns false if Redis has
 * forgotten a part of it meanwhile: it is to be written again.
 */
export async function writeHandover(
  { redis }: Queue,
  ref: SealedRef,
  record: OpenRecord,
  tasks: AsyncIterable<QueuedTask> | Iterable<QueuedTask>,
): Promise<boolean> {
  const { run, tasks: chunks } = runKeys(ref);
  await redis.sadd(KEYS.protocols, PROTOCOL);
  await redis.hset(KEYS.accounts, ref.account, JSON.stringify({ base_url: record.base_url }));
  await redis.hset(run, handoverFields({ ...record, state: 'uploading', seal: recordSeal(ref, record) }));
  await redis.pexpire(run, MONTH_MS);
  await redis.unlink(chunks);
  let chunk: QueuedTask[] = [];
  let number = 0;
  // Each chunk has a number, so that one which is sent again after a reconnect is there once.
  const write = async () => {
    await redis.hset(chunks, String(number), sealPart(ref, number, await deflated(encodeTasks(chunk))));
    if (number === 0) await redis.pexpire(chunks, MONTH_MS);
    number += 1;
    chunk = [];
  };
  for await (const task of tasks) {
    chunk.push(task);
    if (chunk.length === TASKS_PER_CHUNK) await write();
  }
  if (chunk.length > 0) await write();
  return (await UPLOADED(redis, [run, chunks], [number])) === 1;
}

async function openChunk(ref: SealedRef, number: number, bytes: Buffer): Promise<QueuedTask[]> {
  try {
    return decodeTasks((await inflated(openPart(ref, number, bytes))).toString());
  } catch (error) {
    throw new Error(`part ${number} of the rows in Redis cannot be used: ${(error as Error).message}`);
  }
}

/** Reads the tasks of a run in order. Throws if one is not there, is not a task, or has another seal. */
export async function* readTasks({ redis }: Queue, ref: SealedRef): AsyncGenerator<QueuedTask> {
  const { run, tasks } = runKeys(ref);
  const chunks = Math.max(Number(await redis.hget(run, 'chunks')), await redis.hlen(tasks));
  for (let number = 0; number < chunks; number++) {
    const bytes = await redis.hgetBuffer(tasks, String(number));
    if (bytes === null) throw new Error(`part ${number} of the rows in Redis is missing`);
    yield* await openChunk(ref, number, bytes);
  }
}

/** Returns null if Redis does not have the run, or another version has written it. */
export async function readRecord({ redis }: Queue, ref: HandoverRef): Promise<HandoverRecord | null> {
  return readHandover(await redis.hgetall(runKeys(ref).run));
}

/** Whether Redis has the run. A run that was taken back counts too. */
export async function hasHandover({ redis }: Queue, ref: HandoverRef): Promise<boolean> {
  return (await redis.exists(runKeys(ref).run)) === 1;
}

const UPDATE = redisScript<number>(`
local state = redis.call('HGET', KEYS[1], 'state')
if not state or state == 'taken_back' then return 0 end
if ARGV[1] ~= '' and redis.call('HGET', KEYS[2], 'token') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
return 1
`);

/**
 * Changes fields of a run that is in Redis; `token`: only for the holder of the lease. Returns whether it did: false if
 * Redis has forgotten the run, it was taken back, or the lease is another's.
 */
export async function updateHandover(
  { redis }: Queue,
  ref: HandoverRef,
  fields: Partial<HandoverRecord>,
  token = '',
): Promise<boolean> {
  const args = [token, ...Object.entries(handoverFields(fields)).flat()];
  return (await UPDATE(redis, [runKeys(ref).run, leaseKey(ref.account)], args)) === 1;
}

export async function pushCommand({ redis }: Queue, ref: HandoverRef, command: QueueCommand): Promise<void> {
  const { commands } = runKeys(ref);
  await redis.rpush(commands, JSON.stringify(command));
  await redis.pexpire(commands, MONTH_MS);
}

/** Reads the commands from a place on. One that this version does not know is null. */
export async function readCommands({ redis }: Queue, ref: HandoverRef, from: number): Promise<(QueueCommand | null)[]> {
  return (await redis.lrange(runKeys(ref).commands, from, -1)).map(readCommand);
}

/** Writes the answer to a command, for the process that waits for it. */
export async function writeAnswer({ redis }: Queue, ref: HandoverRef, id: string, answer: string): Promise<void> {
  const { answers } = runKeys(ref);
  await redis.hset(answers, id, answer);
  await redis.pexpire(answers, WEEK_MS);
}

/** Returns null as long as the command has no answer. */
export async function readAnswerTo({ redis }: Queue, ref: HandoverRef, id: string): Promise<string | null> {
  return redis.hget(runKeys(ref).answers, id);
}

const TAKE_BACK = redisScript<string>(`
local state = redis.call('HGET', KEYS[1], 'state')
if not state then return 'gone' end
if state == 'sending' then return 'sending' end
-- First: a full server takes a write of a script only after another one that it has taken.
redis.call('UNLINK', KEYS[2], KEYS[3], KEYS[4])
redis.call('HSET', KEYS[1], 'state', 'taken_back', 'taken_by', ARGV[1], 'owner', '', 'chunks', '0')
redis.call('PEXPIRE', KEYS[1], ${WEEK_MS})
return 'ok'
`);

/**
 * Takes a run out of Redis after all of its ledger was read, or before a worker had it. `sending`: a worker has it.
 * `gone`: Redis does not know it.
 */
export async function takeBack({ redis }: Queue, ref: HandoverRef, by: string): Promise<'ok' | 'sending' | 'gone'> {
  const { run, tasks, ledger, commands } = runKeys(ref);
  return (await TAKE_BACK(redis, [run, tasks, ledger, commands], [by])) as 'ok' | 'sending' | 'gone';
}
