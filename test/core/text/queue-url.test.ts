import { expect, it } from 'vitest';
import { queueName } from '../../../src/core/text/queue-url.ts';

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
