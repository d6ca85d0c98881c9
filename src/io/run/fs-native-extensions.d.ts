declare module 'fs-native-extensions' {
  /** Takes a kernel lock on a range of a file until the file is closed. Returns false if another process holds it. */
  export function tryLock(file: number, offset: number, length: number, options?: { shared?: boolean }): boolean;
}
