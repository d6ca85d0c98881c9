// Loaded before the program by a test: the lock module does not load, as where there is no prebuilt one.
import { register } from 'node:module';

const hook = `export async function resolve(specifier, context, next) {
  if (specifier === 'fs-native-extensions') throw new Error('no prebuilt binary for this machine');
  return next(specifier, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
