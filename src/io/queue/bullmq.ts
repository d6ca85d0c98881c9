// Imported when it is needed: a queue is one of the larger parts of the program.
export { createRedisBackend, Queue, Worker } from 'bullmq';
