import { expect, it } from 'vitest';
import { decodeTasks, encodeTasks } from '../../../src/core/queue/tasks.ts';
import { makeEntry } from '../../support/make.ts';
import { makeTask } from '../../support/queue/handovers.ts';

it('keeps rows as they are in the plan', () => {
  const tasks = [
    makeTask(1),
    makeTask(2, {
      first: 'read',
      attempts: 3,
      entry: makeEntry({ row: 2, note: `a "note",\n'=1+1`, phoneNumber: '+1' }),
    }),
    makeTask(3, { first: 'read_only' }),
  ];
  expect(decodeTasks(encodeTasks(tasks))).toEqual(tasks);
});

it.each([
  ['not a plan', { entry: makeEntry({ id: '../profiles' }) }, 'id'],
  ['not a way to begin', { first: 'write' as never }, 'not a task'],
  ['not a number of attempts', { attempts: 'many' as never }, 'not a task'],
])('refuses what is %s', (_, changes, text) => {
  expect(() => decodeTasks(encodeTasks([makeTask(1, changes)]))).toThrow(text);
});
