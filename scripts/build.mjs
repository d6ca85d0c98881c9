// Makes dist from src: `npm run build`. The licences of the bundled packages ask that their texts come with the copies.
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BOARD_UI, bundle, packagesIn, ROOT } from './bundle.mjs';

// A file deleted from src must not be shipped.
rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
const notices = packagesIn(await bundle({ write: true })).map(
  ({ name, version, license, text }) => `${name} ${version} (${license})\n\n${text}\n`,
);
// The page of `board`. Beside its scripts are the licences of what is in them.
cpSync(join(ROOT, BOARD_UI, 'dist'), join(ROOT, 'dist/board-ui'), { recursive: true });
const intro = 'The program in this directory contains these packages. Their licences:\n';
writeFileSync(join(ROOT, 'dist/THIRD-PARTY-NOTICES.txt'), [intro, ...notices].join(`\n${'-'.repeat(80)}\n\n`));
