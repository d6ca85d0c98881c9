declare module 'fs-native-extensions' {
  /** Takes a kernel lock on a range of a file, freed when it is closed; false where somebody else holds it. */
  export function tryLock(file: number, offset: number, length: number, options?: { shared?: boolean }): boolean;
}
