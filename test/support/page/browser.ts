import { spawnSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';

/** The Chromium of this machine: the one that CHROMIUM names, or the first that is installed. */
function executablePath(): string {
  const names = [process.env.CHROMIUM ?? '', 'chromium', 'chromium-browser', 'google-chrome'];
  for (const name of names.filter((name) => name !== '')) {
    const path = spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' }).stdout.trim();
    if (path !== '') return path;
  }
  throw new Error('no Chromium is installed (Debian: apt-get install chromium), and CHROMIUM names none');
}

/** Starts a browser. Root may have no sandbox. */
export function startBrowser(): Promise<Browser> {
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: executablePath(), args });
}
