import { userInfo } from 'node:os';
import { expect, it } from 'vitest';
import { operatorName } from '../../src/io/user.ts';

it('the operator is the user of the process, and who became it with sudo', () => {
  const { username } = userInfo();
  expect(operatorName({})).toBe(username);
  expect(operatorName({ SUDO_USER: '' })).toBe(username);
  expect(operatorName({ SUDO_USER: username })).toBe(username);
  expect(operatorName({ SUDO_USER: 'al\u001bice' })).toBe(`${username} (al\\x1bice)`);
  expect(operatorName({ SUDO_USER: 'x'.repeat(1000) }).length).toBeLessThan(70);
});
