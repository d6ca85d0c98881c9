import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { EXIT } from '../src/core/run/exit-codes.ts';
import { metricsText } from '../src/io/watching/metrics-text.ts';
import { optionalCommand } from './support/io/commands.ts';
import { makeSummary } from './support/make.ts';
import { tempDir } from './support/temp.ts';

const ROOT = resolve(import.meta.dirname, '..');
const promtool = optionalCommand('promtool');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** The metrics of a run in which every kind of them occurs. */
const TEXT = await metricsText('nightly', {
  rows: { updated: 3, failed: 1, unverified: 0 },
  requests: { ...makeSummary().requests, answers: { read: { ok: 1 }, write: { ok: 3, rate_limited: 2 } } },
  pausedSeconds: 1.5,
  ratePerSecond: 4.9,
  durationSeconds: 3,
  exitCode: 4,
  lastRun: 1_795_923_079,
  lastSuccess: 1_795_836_679,
});

/** The labels of every metric by its name, and its type. */
function metricsOf(text: string) {
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]));
  const labels = new Map<string, Set<string>>();
  for (const line of text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))) {
    const [, name = '', inside = ''] = /^([a-z_]+)\{((?:[a-z_]+="[^"\\\n]*",?)+)\} -?[0-9.]+$/.exec(line) ?? [];
    expect(name, line).not.toBe('');
    labels.set(name, new Set([...inside.matchAll(/([a-z_]+)="/g)].map(([, label = '']) => label)));
  }
  return { types, labels };
}

/** The metrics and the labels of selectors that expressions name. */
function namedIn(expressions: readonly string[]) {
  return expressions.flatMap((expression) =>
    [...expression.matchAll(/(telnyx_reassign_[a-z_]+)(?:\{([^}]*)\})?/g)].map(([, metric = '', inside = '']) => ({
      metric,
      labels: [...inside.matchAll(/([a-z_]+)(?:=~|!~|!=|=)"/g)].map(([, label = '']) => label),
    })),
  );
}

type Rule = { alert: string; expr: string; labels: { severity: string }; annotations: { summary: string } };
const { groups } = parseYaml(read('jobs/alerts.yaml')) as { groups: { name: string; rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);

type Panel = { id: number; title: string; targets: { expr: string }[]; gridPos: Record<'x' | 'y' | 'w' | 'h', number> };
const dashboard = JSON.parse(read('jobs/dashboard.json')) as {
  panels: Panel[];
  templating: { list: { name: string; query: unknown }[] };
};
const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

describe('the metrics of a run', () => {
  it('have the names, types and labels of the documents', () => {
    const { types, labels } = metricsOf(TEXT);
    expect(Object.fromEntries([...types].map(([name, type]) => [name, [type, ...(labels.get(name) ?? [])]]))).toEqual({
      telnyx_reassign_rows: ['gauge', 'name', 'status'],
      telnyx_reassign_requests_total: ['counter', 'name', 'kind', 'result'],
      telnyx_reassign_rate_limited_total: ['counter', 'name'],
      telnyx_reassign_paused_seconds_total: ['counter', 'name'],
      telnyx_reassign_rate_per_second: ['gauge', 'name'],
      telnyx_reassign_exit_code: ['gauge', 'name'],
      telnyx_reassign_last_run_timestamp_seconds: ['gauge', 'name'],
      telnyx_reassign_last_success_timestamp_seconds: ['gauge', 'name'],
      telnyx_reassign_duration_seconds: ['gauge', 'name'],
    });
    const document = read('docs/watching.md');
    expect([...types.keys()].filter((name) => !document.includes(`\`${name}\``))).toEqual([]);
  });

  it.runIf(promtool.isInstalled)('are what Prometheus reads', () => {
    expect(promtool.run(['check', 'metrics'], TEXT)).toMatchObject({ status: 0 });
  });
});

describe('jobs/alerts.yaml', () => {
  it('has rules with all that an alert needs', () => {
    expect(rules.length).toBeGreaterThan(3);
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, expr, labels, annotations } of rules) {
      expect([typeof expr, typeof annotations.summary, labels.severity], alert).toEqual([
        'string',
        'string',
        expect.stringMatching(/^(critical|warning|info)$/),
      ]);
    }
  });

  it.runIf(promtool.isInstalled)('is what Prometheus reads', () => {
    const path = join(tempDir(), 'alerts.yaml');
    writeFileSync(path, read('jobs/alerts.yaml'));
    expect(promtool.run(['check', 'rules', path])).toMatchObject({ status: 0 });
  });
});

describe('jobs/dashboard.json', () => {
  it('has panels that do not overlap', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    expect(Math.max(...dashboard.panels.map(({ gridPos: { x, w } }) => x + w))).toBeLessThanOrEqual(24);
  });

  it('shows every metric, for the runs that are chosen', () => {
    const shown = new Set(namedIn(expressions).map(({ metric }) => metric));
    expect([...metricsOf(TEXT).types.keys()].filter((name) => !shown.has(name))).toEqual([]);
    for (const expression of expressions) expect(expression).toContain('{name=~"$name"}');
    expect(JSON.stringify(dashboard.templating)).toContain('telnyx_reassign_last_run_timestamp_seconds');
  });
});

it.each([
  ['jobs/alerts.yaml', rules.map(({ expr }) => expr)],
  ['jobs/dashboard.json', expressions],
])('%s names only metrics and labels that exist', (_, all) => {
  const { labels } = metricsOf(TEXT);
  for (const { metric, labels: named } of namedIn(all)) {
    expect([...labels.keys()]).toContain(metric);
    expect([...(labels.get(metric) ?? [])]).toEqual(expect.arrayContaining(named));
  }
});

it('the alerts know which exit codes are good', () => {
  const { expr = '' } = rules.find(({ alert }) => alert === 'TelnyxReassignFailed') ?? {};
  expect([...expr.matchAll(/!= ([0-9]+)/g)].map(([, code]) => Number(code))).toEqual([EXIT.ok, EXIT.changes]);
});
