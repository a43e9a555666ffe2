const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Deeper than any request is. */
const MAX_DEPTH = 100;
/** 10 MB of `{}` are 140 MB of memory: what a parser makes of JSON is bounded by these, whatever its length. */
const MAX_CONTAINERS = 250_000;
const MAX_VALUES = 2_000_000;
/** A parser takes ten times longer for an object of many names than for its like in small ones. */
const MAX_FIELDS = 5000;

/**
 * Finds what is wrong with the shape of JSON before anything is made of it: how deep and how many its lists, objects and
 * values are. Undefined for nothing, also for what is no JSON. (Memory that a parser runs out of ends the whole process,
 * heap limits of threads or not.)
 */
export function findShapeFault(json: Uint8Array): string | undefined {
  const isObject = new Uint8Array(MAX_DEPTH + 1);
  const commas = new Uint32Array(MAX_DEPTH + 1);
  let [depth, containers, values] = [0, 0, 0];
  for (let place = 0; place < json.length; place += 1) {
    const sign = json[place] as number;
    if (sign === QUOTE) place = endOfText(json, place);
    else if (sign === COMMA) {
      values += 1;
      commas[depth] = (commas[depth] as number) + 1;
      if (isObject[depth] === 1 && (commas[depth] as number) >= MAX_FIELDS) {
        return `must have at most ${count(MAX_FIELDS)} fields in an object`;
      }
    } else if (sign === OPEN_LIST || sign === OPEN_OBJECT) {
      depth += 1;
      containers += 1;
      if (depth > MAX_DEPTH) return `must be nested at most ${MAX_DEPTH} deep`;
      isObject[depth] = sign === OPEN_OBJECT ? 1 : 0;
      commas[depth] = 0;
    } else if (sign === CLOSE_LIST || sign === CLOSE_OBJECT) depth = Math.max(0, depth - 1);
  }
  if (containers > MAX_CONTAINERS) return `must have at most ${count(MAX_CONTAINERS)} lists and objects`;
  return values + containers > MAX_VALUES ? `must have at most ${count(MAX_VALUES)} values` : undefined;
}

/** Finds whether JSON is nested too deep, as findShapeFault does. */
export function findDepthFault(json: Uint8Array): string | undefined {
  if (json.length <= MAX_DEPTH) return undefined;
  let depth = 0;
  for (let place = 0; place < json.length; place += 1) {
    const sign = json[place] as number;
    if (sign === QUOTE) place = endOfText(json, place);
    else if (sign === OPEN_LIST || sign === OPEN_OBJECT) depth += 1;
    else if (sign === CLOSE_LIST || sign === CLOSE_OBJECT) depth -= 1;
    if (depth > MAX_DEPTH) return `must be nested at most ${MAX_DEPTH} deep`;
  }
  return undefined;
}

/** Where the text ends that begins at a quote. */
function endOfText(json: Uint8Array, start: number): number {
  let place = start + 1;
  while (place < json.length && json[place] !== QUOTE) place += json[place] === BACKSLASH ? 2 : 1;
  return place;
}

const count = (value: number): string => value.toLocaleString('en');
