// Loaded into a measured Node process before its program: writes what the process has used to the file that BENCH_USAGE
// names when it ends.
import { readFileSync, writeFileSync } from 'node:fs';

/** In MB. On Linux not that of getrusage, which begins with the memory of the process that started this one. */
function peakMemory() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS / 1024;
  const [, kilobytes] = /^VmHWM:\s*([0-9]+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  const usage = { peakMb: peakMemory(), cpuMs: (user + system) / 1000, wallMs: performance.now() };
  writeFileSync(process.env.BENCH_USAGE, JSON.stringify(usage));
});
