import type { ColourCoding } from './coding.ts';
import { lightToXyz, type Triple } from './matrix.ts';

/** White paper in HDR, in cd/m2 (ITU-R BT.2408): what is white in SDR too. */
const WHITE = 203;
/** The brightest light of a picture that does not say it: most are graded on screens of so many cd/m2. */
const USUAL_PEAK = 1000;
/** The brightest light that PQ can say. */
const PQ_PEAK = 10_000;

/** SMPTE ST 2084. */
const [M1, M2, C1, C2, C3] = [2610 / 16_384, (2523 / 4096) * 128, 3424 / 4096, (2413 / 4096) * 32, (2392 / 4096) * 32];

function pqToNits(signal: number): number {
  const root = signal ** (1 / M2);
  return PQ_PEAK * (Math.max(root - C1, 0) / (C2 - C3 * root)) ** (1 / M1);
}

function nitsToPq(nits: number): number {
  const root = (nits / PQ_PEAK) ** M1;
  return ((C1 + C2 * root) / (1 + C3 * root)) ** M2;
}

/** ITU-R BT.2100, the inverse of HLG's curve: a share of the brightest light before the camera. */
const hlgToScene = (signal: number) =>
  signal <= 0.5 ? signal ** 2 / 3 : (Math.exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12;

/** How HLG is shown on a screen of 1000 cd/m2. */
const HLG_GAMMA = 1.2;

/**
 * Makes a function from a pixel of HDR (0-1 each) to linear light of the same primaries in which 1 is SDR's white. What is
 * darker than about half of white stays as it is, what is brighter is rolled off: the EETF of ITU-R BT.2390, applied to the
 * largest of the three channels, so that a colour keeps its hue.
 */
export function createToneMap({ primaries, transfer, peak = USUAL_PEAK }: ColourCoding): (pixel: Triple) => Triple {
  const luminance = lightToXyz(primaries)[1];
  const isHlg = transfer === 'hlg';
  const roll = createRollOff(isHlg ? USUAL_PEAK : Math.min(Math.max(peak, WHITE), PQ_PEAK));
  return (pixel) => {
    const nits = isHlg
      ? showHlg(pixel, luminance)
      : ([pqToNits(pixel[0]), pqToNits(pixel[1]), pqToNits(pixel[2])] as const);
    const brightest = Math.max(...nits);
    if (brightest <= 0) return [0, 0, 0];
    const factor = roll(brightest) / brightest / WHITE;
    return [nits[0] * factor, nits[1] * factor, nits[2] * factor];
  };
}

function showHlg([red, green, blue]: Triple, luminance: Triple): Triple {
  const scene = [hlgToScene(red), hlgToScene(green), hlgToScene(blue)] as const;
  const bright = luminance[0] * scene[0] + luminance[1] * scene[1] + luminance[2] * scene[2];
  const factor = USUAL_PEAK * bright ** (HLG_GAMMA - 1);
  return [scene[0] * factor, scene[1] * factor, scene[2] * factor];
}

/** BT.2390, 5.4.1: from light up to `peak` to light up to WHITE, both in cd/m2, along a curve in PQ's numbers. */
function createRollOff(peak: number): (nits: number) => number {
  const whole = nitsToPq(peak);
  const most = nitsToPq(WHITE) / whole;
  const knee = 1.5 * most - 0.5;
  return (nits) => {
    const signal = Math.min(nitsToPq(nits) / whole, 1);
    if (signal < knee || knee >= 1) return Math.min(nits, WHITE);
    const t = (signal - knee) / (1 - knee);
    const rolled =
      (2 * t ** 3 - 3 * t ** 2 + 1) * knee + (t ** 3 - 2 * t ** 2 + t) * (1 - knee) + (-2 * t ** 3 + 3 * t ** 2) * most;
    return pqToNits(rolled * whole);
  };
}
