// Imported when it is needed, like bullmq.ts: the start of other commands does not wait for it.
export { Redis } from 'ioredis';
