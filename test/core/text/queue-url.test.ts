import { expect, it } from 'vitest';
import { completesLogin, hasLogin, queueName, queueSecrets } from '../../../src/core/text/queue-url.ts';

it.each([
  ['redis://10.0.0.5:6379', 'redis://10.0.0.5:6379'],
  ['redis://user:secret@redis.example.com', 'redis://redis.example.com'],
  ['rediss://:secret@[::1]:6380/2', 'rediss://[::1]:6380/2'],
  ['redis://:secret@localhost:6379/', 'redis://localhost:6379'],
  ['redis:/secret', 'redis:///secret'],
  ['secret', '(not a URL)'],
])('a queue is named without its user and password', (url, name) => {
  expect(queueName(url)).toBe(name);
});

it.each([
  ['redis://10.0.0.5:6379', false, []],
  ['redis://user@host', true, []],
  ['redis://:secret@localhost', true, ['secret']],
  ['--queue=rediss://user:p%40ss@host/1', true, ['p%40ss', 'p@ss']],
  ['redis://user:100%@host and redis://:two@host', true, ['100%', 'two']],
])('the passwords of %j are known', (text, isLogin, secrets) => {
  expect(queueSecrets(text)).toEqual(secrets);
  expect(hasLogin(text)).toBe(isLogin);
});

it.each([
  ['redis://h:1', 'redis://u:p@h:1', true],
  ['redis://h:1/', 'redis://:p@h:1', true],
  ['redis://h:1', 'redis://:p@h:2', false],
  ['redis://h:1', 'redis://:p@h:1/3', false],
  ['redis://h:1', 'redis://h:1', false],
  ['redis://u:p@h:1', 'redis://v:q@h:1', false],
  ['undefined', 'undefined', false],
  ['undefined', 'redis://:p@h', false],
])('a queue %s has its login in %s: %s', (url, complete, does) => {
  expect(completesLogin(url, complete)).toBe(does);
});
