import { type Rows, SENDING, settingsOf } from './definition.ts';

/** What a run sends to people and monitors that do not watch it. */
export const WATCHING_SETTINGS = settingsOf('Messages and metrics', SENDING, {
  notify: {
    kind: 'webhook',
    text: 'POST a line for people and the summary to this webhook of Slack, Mattermost or Teams. A secret, so never typed: it is read from TELNYX_REASSIGN_NOTIFY, from the file that TELNYX_REASSIGN_NOTIFY_FILE names, or from the job file',
    belongsTo: 'call',
    secret: true,
  },
  ping: {
    kind: 'webhook',
    text: 'tell a monitor of jobs, such as healthchecks: GET URL/start, then POST the summary to URL (exit 0) or URL/<exit code>. A secret, so never typed: it is read from TELNYX_REASSIGN_PING, from the file that TELNYX_REASSIGN_PING_FILE names, or from the job file',
    belongsTo: 'call',
    secret: true,
  },
  notify_on: {
    kind: 'choice',
    choices: ['always', 'problem'],
    default: 'always',
    value: 'always|problem',
    text: 'with --notify: every message, or only long pauses and an end that is not good',
    belongsTo: 'call',
  },
  metrics_file: {
    kind: 'text',
    value: 'FILE',
    text: "write the run's metrics for Prometheus to this file, which must end in .prom for node_exporter to read it",
    belongsTo: 'call',
    path: 'absolute',
  },
} as const satisfies Rows);
