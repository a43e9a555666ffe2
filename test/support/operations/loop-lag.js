import { monitorEventLoopDelay } from 'node:perf_hooks';

// Loaded into a process by NODE_OPTIONS=--import: it prints every second how long its event loop stood still at most (ms).

const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();
setInterval(() => {
  console.log(JSON.stringify({ loopLagMs: Math.round(delay.max / 1e6) }));
  delay.reset();
}, 1000).unref();
