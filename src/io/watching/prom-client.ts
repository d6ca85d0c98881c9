// Imported when it is needed: most runs write no metrics.
export { Counter, Gauge, Registry } from 'prom-client';
