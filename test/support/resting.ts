import { startRests } from '../../src/processes/rest.ts';

/** A process that has loaded much, keeps nothing of it, and rests: it prints how large its heap is, in MB, every 0.1 s. */
startRests({ lookMs: 100 });
const garbage: number[][] = [];
for (let index = 0; index < 400; index += 1) garbage.push(Array.from({ length: 20_000 }, (_, value) => value));
garbage.length = 0;
const print = () => process.stdout.write(`${Math.round(process.memoryUsage().heapTotal / 1e6)}\n`);
print();
setInterval(print, 100);
