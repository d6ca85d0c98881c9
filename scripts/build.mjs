// Makes dist from src: `npm run build`. The licences of the bundled packages ask that their texts come with the copies.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, packagesIn, ROOT } from './bundle.mjs';

// A file deleted from src must not be shipped.
rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
const notices = packagesIn(await bundle({ write: true })).map(
  ({ name, version, license, text }) => `${name} ${version} (${license})\n\n${text}\n`,
);
const intro = 'The program in this directory contains these packages. Their licences:\n';
writeFileSync(join(ROOT, 'dist/THIRD-PARTY-NOTICES.txt'), [intro, ...notices].join(`\n${'-'.repeat(80)}\n\n`));
