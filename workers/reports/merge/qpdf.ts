import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** The most memory that qpdf may take, whatever a file unpacks to. */
const MAX_BYTES = 300_000_000;
const PAGE_BYTES = 65_536;

/** What a run of qpdf came to: its exit status (0 done, 2 failed, 3 done with complaints), and what it printed. */
export interface QpdfRun {
  status: number;
  printed: string;
  complaints: string;
}

/** Exit statuses of qpdf. */
export const DONE = 0;
export const FAILED = 2;
export const MENDED = 3;

/** Runs qpdf, which sees one folder alone, as its current one. After a run that failed it is not to be used again. */
export type Qpdf = (args: string[]) => QpdfRun;

/** What is used of the library, whose own types say less. */
interface Module {
  FS: {
    init(input: () => null, output: (byte: number | null) => void, errors: (byte: number | null) => void): void;
    mkdir(path: string): void;
    mount(type: unknown, options: { root: string }, path: string): void;
    chdir(path: string): void;
  };
  NODEFS: unknown;
  callMain(args: string[]): number;
}

interface ModuleOptions {
  locateFile(): string;
  noInitialRun: boolean;
  preRun: ((module: Module) => void)[];
}

const MEMORY_SECTION = 5;

/** Reads a number of WebAssembly (LEB128); answers it with where the next byte is. */
function readNumber(bytes: Uint8Array, from: number): [value: number, next: number] {
  let value = 0;
  for (let at = from, shift = 0; ; at += 1, shift += 7) {
    const byte = bytes[at] ?? 0;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value >>> 0, at + 1];
  }
}

/** Writes a number over one that takes as many bytes. */
function writeNumber(bytes: Uint8Array, value: number, from: number, next: number): void {
  for (let at = from, rest = value; at < next; at += 1, rest >>>= 7) {
    bytes[at] = (rest & 0x7f) | (at < next - 1 ? 0x80 : 0);
  }
}

/** Lowers how far the memory of a module of WebAssembly may grow. Throws where it does not say it. */
export function limitMemory(binary: Uint8Array, maxBytes: number): Uint8Array {
  const limited = Uint8Array.from(binary);
  for (let at = 8; at < limited.length; ) {
    const section = limited[at];
    const [size, start] = readNumber(limited, at + 1);
    if (section === MEMORY_SECTION) {
      // How many memories there are, and whether they have a limit; then the least and the most pages of the first.
      const [count, flags] = limited.subarray(start, start + 2);
      if (count !== 1 || flags !== 1) break;
      const [, most] = readNumber(limited, start + 2);
      const [, next] = readNumber(limited, most);
      writeNumber(limited, Math.floor(maxBytes / PAGE_BYTES), most, next);
      return limited;
    }
    at = start + size;
  }
  throw new Error('the module has no limit of memory');
}

/** A file may be complained of for ever. */
const MOST_TEXT = 10_000;

/** Collects what is printed byte by byte, as far as anybody reads it. */
function collectText() {
  let bytes: number[] = [];
  return {
    add(byte: number | null): void {
      if (byte !== null && bytes.length < MOST_TEXT) bytes.push(byte);
    },
    /** Returns what has come since it was asked last. */
    take(): string {
      const text = Buffer.from(bytes).toString();
      bytes = [];
      return text;
    },
  };
}

/** Loads qpdf for the files of a folder, which it leaves a file of its own in. */
export async function openQpdf(folder: string): Promise<Qpdf> {
  const { default: createModule } = await import('@neslinesli93/qpdf-wasm');
  const own = createRequire(import.meta.url).resolve('@neslinesli93/qpdf-wasm/dist/qpdf.wasm');
  const binary = join(folder, 'qpdf.wasm');
  writeFileSync(binary, limitMemory(readFileSync(own), MAX_BYTES), { mode: 0o600 });
  const [output, errors] = [collectText(), collectText()];
  const options: ModuleOptions = {
    locateFile: () => binary,
    noInitialRun: true,
    // Without it the library prints where the process does.
    preRun: [({ FS }) => FS.init(() => null, output.add, errors.add)],
  };
  const module = (await createModule(options as never)) as unknown as Module;
  module.FS.mkdir('/files');
  module.FS.mount(module.NODEFS, { root: folder }, '/files');
  module.FS.chdir('/files');
  return (args) => {
    try {
      const status = module.callMain(args);
      return { status, printed: output.take(), complaints: errors.take() };
    } catch (error) {
      // What it can not bear itself, such as a stack that is full.
      return { status: FAILED, printed: output.take(), complaints: `${errors.take()}${error}` };
    }
  };
}
