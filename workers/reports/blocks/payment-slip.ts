import { createSymbol } from '../codes/create-symbol.ts';
import { drawSymbol } from '../codes/draw-symbol.ts';
import type { Fragment } from '../layout/fragment.ts';
import { drawLine } from '../layout/row.ts';
import type { PaymentSlipBlock } from '../model.ts';
import type { Canvas } from '../pdf/canvas.ts';
import { type BlockSetting, breakText, measureAt } from './setting.ts';

// The measures are those of the standard (SIX, style guide QR-bill): A6 landscape, and left of it the receipt.

const MM = 72 / 25.4;
const WIDTH = 210 * MM;
const HEIGHT = 105 * MM;
/** The receipt ends here. */
const RECEIPT = 62 * MM;
const EDGE = 5 * MM;
/** Where amounts begin, and what stands below them. */
const AMOUNT_TOP = 68 * MM;
const QR = { x: 67 * MM, y: 17 * MM, size: 46 * MM };
const CROSS = 7 * MM;
const INK = '#000000';
const PAPER = '#ffffff';
/** Above the slip, what says that it is to be cut off. */
const NOTE = { size: 7, leading: 12 };

interface Type {
  size: number;
  leading: number;
  bold?: boolean;
}

/** The types of one of the two parts. */
interface PartLook {
  heading: Type;
  value: Type;
}

const TITLE: Type = { size: 11, leading: 13, bold: true };
const RECEIPT_LOOK: PartLook = { heading: { size: 6, leading: 9, bold: true }, value: { size: 8, leading: 9 } };
const PAYMENT_LOOK: PartLook = { heading: { size: 8, leading: 11, bold: true }, value: { size: 10, leading: 11 } };
/** Where the texts of the two parts end: above the amount, and above the slip's edge. */
const RECEIPT_END = AMOUNT_TOP - 1 * MM;
const PAYMENT_END = HEIGHT - EDGE;
/** The heights of the boxes that who pays writes into. */
const RECEIPT_BOX = 20 * MM;
const PAYMENT_BOX = 25 * MM;
/** Texts that have no room are set smaller, step by step, down to these values. */
const STEP = 0.5;
const SMALLEST = 4;

/** A type that is smaller by so many points. */
const shrink = ({ size, leading, bold = false }: Type, less: number): Type => ({
  size: Math.max(SMALLEST, size - less),
  leading: leading - less,
  bold,
});

interface Place {
  x: number;
  y: number;
  width: number;
}

/** Draws the texts of a slip. */
function createWriter(canvas: Canvas, setting: BlockSetting) {
  /** Writes a text from its upper left corner on, and returns where the next may begin. */
  const write = (text: string, { x, y, width }: Place, type: Type, isRight = false): number => {
    const lines = breakText(text, width, measureAt(setting, type.size, type.bold));
    canvas.tagged({ role: 'P' }, () => {
      for (const [index, line] of lines.entries()) {
        const left = isRight ? x + width - line.width : x;
        drawLine(canvas, line, { x: left, y: y + index * type.leading }, { ...type, color: INK });
      }
    });
    return y + lines.length * type.leading;
  };
  /** Writes headings, each with what is below it. */
  const list = (sections: [string, string[]][], place: Place, look: PartLook): number => {
    let { y } = place;
    for (const [heading, values] of sections) {
      y = write(heading, { ...place, y }, look.heading);
      for (const value of values) y = write(value, { ...place, y }, look.value);
      y += look.value.leading;
    }
    return y;
  };
  /** The height of what `list` would write. */
  const heightOf = (sections: [string, string[]][], width: number, look: PartLook): number => {
    const linesOf = (text: string, { size, bold }: Type) =>
      breakText(text, width, measureAt(setting, size, bold)).length;
    let height = -look.value.leading;
    for (const [heading, values] of sections) {
      height += linesOf(heading, look.heading) * look.heading.leading + look.value.leading;
      for (const value of values) height += linesOf(value, look.value) * look.value.leading;
    }
    return height;
  };
  /** The largest look, up to the usual one, in which sections have room. */
  const fit = (
    sections: [string, string[]][],
    { width, height }: { width: number; height: number },
    usual: PartLook,
  ) => {
    let look = usual;
    for (let less = STEP; heightOf(sections, width, look) > height; less += STEP) {
      if (usual.value.size - less < SMALLEST) break;
      look = { heading: shrink(usual.heading, less), value: shrink(usual.value, less) };
    }
    return look;
  };
  return { write, list, fit };
}

type Writer = ReturnType<typeof createWriter>;

/** Draws the corners of a box that people write into. */
function drawCorners(canvas: Canvas, { x, y, width }: Place, height: number): void {
  const arm = 3 * MM;
  const [right, bottom] = [x + width, y + height];
  const corners =
    `M${x} ${y + arm}V${y}H${x + arm}M${right - arm} ${y}H${right}V${y + arm}` +
    `M${right} ${bottom - arm}V${bottom}H${right - arm}M${x + arm} ${bottom}H${x}V${bottom - arm}`;
  canvas.path(corners, { stroke: INK, width: 0.75 });
}

/** What stands in both parts, by its headings. */
function sectionsOf(block: PaymentSlipBlock, hasMessage: boolean): [string, string[]][] {
  const { words, account, creditor, debtor, reference, message } = block;
  return [
    [words.payableTo, [account, ...creditor]],
    ...(reference ? ([[words.reference, [reference]]] satisfies [string, string[]][]) : []),
    ...(hasMessage ? ([[words.information, [message]]] satisfies [string, string[]][]) : []),
    [debtor ? words.payableBy : words.payableByBlank, debtor ?? []],
  ];
}

function drawAmount(block: PaymentSlipBlock, { write }: Writer, x: number, look: PartLook): void {
  const { words, currency, amount } = block;
  const columns = [
    { x, width: 13 * MM, heading: words.currency, value: currency },
    { x: x + 13 * MM, width: 32 * MM, heading: words.amount, value: amount },
  ];
  for (const { heading, value, ...place } of columns) {
    const below = write(heading, { ...place, y: AMOUNT_TOP }, look.heading);
    write(value, { ...place, y: below + 1 }, look.value);
  }
}

/** Draws the lines along which a slip is cut. */
function drawCuts(canvas: Canvas): void {
  const dashes = { stroke: INK, width: 0.5, dash: [3, 3] };
  canvas.path(`M0 0H${WIDTH}`, dashes);
  canvas.path(`M${RECEIPT} 0V${HEIGHT}`, dashes);
}

function drawReceipt(block: PaymentSlipBlock, canvas: Canvas, writer: Writer): void {
  const { words, debtor } = block;
  const place = { x: EDGE, width: 52 * MM };
  writer.write(words.receipt, { ...place, y: EDGE }, TITLE);
  const top = 12 * MM;
  const sections = sectionsOf(block, false);
  const height = RECEIPT_END - top - (debtor ? 0 : RECEIPT_BOX);
  const look = writer.fit(sections, { width: place.width, height }, RECEIPT_LOOK);
  const end = writer.list(sections, { ...place, y: top }, look);
  if (!debtor) drawCorners(canvas, { ...place, y: end - look.value.leading + 2 }, RECEIPT_BOX);
  drawAmount(block, writer, EDGE, RECEIPT_LOOK);
  writer.write(words.acceptancePoint, { ...place, y: 82 * MM }, RECEIPT_LOOK.heading, true);
}

/** Draws the Swiss cross that stands in the middle of the code: white on black, with a white edge. */
function drawCross(canvas: Canvas): void {
  const [x, y] = [QR.x + QR.size / 2, QR.y + QR.size / 2];
  const box = (width: number, height: number, color: string) =>
    canvas.fillBox({ x: x - width / 2, y: y - height / 2, width, height }, color);
  const unit = CROSS / 19.8;
  box(CROSS, CROSS, PAPER);
  box(18.3 * unit, 18.3 * unit, INK);
  box(11 * unit, 3.3 * unit, PAPER);
  box(3.3 * unit, 11 * unit, PAPER);
}

function drawPayment(block: PaymentSlipBlock, canvas: Canvas, writer: Writer): void {
  const { words, debtor, code } = block;
  writer.write(words.paymentPart, { x: QR.x, y: EDGE, width: QR.size }, TITLE);
  const symbol = createSymbol('qr', code, 'M');
  const module = QR.size / symbol.width;
  const { x, y, size } = QR;
  const figure = { x, y, width: size, height: size };
  const draw = () => {
    const corner = { x: x - symbol.quiet.left * module, y: y - symbol.quiet.vertical * module };
    drawSymbol(canvas, symbol, { ...corner, module });
    drawCross(canvas);
  };
  canvas.tagged({ role: 'Figure', alt: 'Swiss QR Code' }, draw, figure);
  drawAmount(block, writer, QR.x, PAYMENT_LOOK);
  const place = { x: 118 * MM, y: EDGE, width: 87 * MM };
  const sections = sectionsOf(block, true);
  const height = PAYMENT_END - EDGE - (debtor ? 0 : PAYMENT_BOX);
  const look = writer.fit(sections, { width: place.width, height }, PAYMENT_LOOK);
  const end = writer.list(sections, place, look);
  if (!debtor) drawCorners(canvas, { ...place, y: end - look.value.leading + 2, width: 65 * MM }, PAYMENT_BOX);
}

/** Lays out a payment slip at the foot of a page, from edge to edge; what stands in the margin there gives way. */
export function layoutPaymentSlip(block: PaymentSlipBlock, setting: BlockSetting): Fragment[] {
  const { left, top, pageHeight, bodyHeight } = setting.frame;
  const margin = pageHeight - top - bodyHeight;
  return [
    {
      height: HEIGHT + NOTE.leading - margin,
      gap: 16,
      atFoot: true,
      draw(canvas, x) {
        canvas.within({ x: x - left, y: pageHeight - HEIGHT, width: WIDTH }, () => {
          const writer = createWriter(canvas, setting);
          const note = { x: EDGE, y: -NOTE.leading, width: WIDTH - 2 * EDGE };
          drawCuts(canvas);
          writer.write(block.words.separate, note, NOTE, true);
          drawReceipt(block, canvas, writer);
          drawPayment(block, canvas, writer);
        });
      },
    },
  ];
}
