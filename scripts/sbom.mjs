// Prints the components of the published program as CycloneDX: `npm run -s sbom`. npm knows only what is installed, so
// of its list stay what is bundled into the program and what is installed with it; tools of the developers do not.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { bundle, packagesIn, ROOT } from './bundle.mjs';

const text = execFileSync('npm', ['sbom', '--sbom-format=cyclonedx'], { cwd: ROOT, maxBuffer: 2 ** 28 });
const sbom = JSON.parse(text);
const bundled = new Set(packagesIn(await bundle({ write: false })).map(({ name, version }) => `${name}@${version}`));
const isDevelopment = ({ properties = [] }) =>
  properties.some(({ name, value }) => name === 'cdx:npm:package:development' && value === 'true');
const isShipped = (component) => {
  const name = component.group === undefined ? component.name : `${component.group}/${component.name}`;
  return bundled.has(`${name}@${component.version}`) || !isDevelopment(component);
};
const components = sbom.components.filter(isShipped).map((component) => ({
  ...component,
  // To a user, a bundled package is a part of the program.
  properties: (component.properties ?? []).filter(({ name }) => name !== 'cdx:npm:package:development'),
}));
const shipped = new Set([sbom.metadata.component['bom-ref'], ...components.map((component) => component['bom-ref'])]);
const dependencies = sbom.dependencies
  .filter(({ ref }) => shipped.has(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((other) => shipped.has(other)) }));
const { name } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
// npm takes the name of the directory.
const metadata = { ...sbom.metadata, component: { ...sbom.metadata.component, name } };
console.log(JSON.stringify({ ...sbom, metadata, components, dependencies }, null, 2));
