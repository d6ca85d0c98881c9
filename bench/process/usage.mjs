// Loaded before the program in a measured Node process. At its end, writes the used resources to the file BENCH_USAGE.
import { readFileSync, writeFileSync } from 'node:fs';

/** In MB. On Linux, not from getrusage, which starts at the memory of the parent process. */
function peakMemoryMb() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS / 1024;
  const [, kilobytes] = /^VmHWM:\s*([0-9]+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  const usage = { peakMb: peakMemoryMb(), cpuMs: (user + system) / 1000, wallMs: performance.now() };
  writeFileSync(process.env.BENCH_USAGE, JSON.stringify(usage));
});
