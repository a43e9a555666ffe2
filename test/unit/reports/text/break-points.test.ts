import { describe, expect, it } from '@jest/globals';
import { splitUnspaced } from '../../../../workers/reports/text/break-points.ts';
import { breakLines } from '../../../../workers/reports/text/lines.ts';

const breakPlain = (text: string, width: number): string[] =>
  breakLines([{ text }], width, (part) => part.length).map(({ pieces }) => pieces.map((piece) => piece.text).join(''));

describe('lines in scripts without spaces', () => {
  it('Chinese: fills each line', () => {
    expect(breakPlain('天地玄黄宇宙洪荒', 3)).toEqual(['天地玄', '黄宇宙', '洪荒']);
  });

  it('commas, full stops and closing brackets: never begin a line; opening ones never end it', () => {
    expect(breakPlain('天地玄，黄宇「宙」洪', 3)).toEqual(['天地', '玄，黄', '宇', '「宙」', '洪']);
    expect(breakPlain('カタカナー。', 4)).toEqual(['カタカ', 'ナー。']);
  });

  it('a Latin word or a number in Japanese: stays whole', () => {
    expect(breakPlain('これはPDFです2026年', 6)).toEqual(['これはPDF', 'です2026', '年']);
  });

  it('Thai: breaks between its words, which a dictionary knows', () => {
    expect(splitUnspaced('ภาษาไทยง่าย')).toEqual(['ภาษา', 'ไทย', 'ง่าย']);
    expect(breakPlain('ภาษาไทยง่าย', 8)).toEqual(['ภาษาไทย', 'ง่าย']);
  });

  it('quotation marks: lines break before what they open and behind what they close, not inside', () => {
    expect(splitUnspaced('他说“你好”，然后')).toEqual(['他', '说', '“你', '好”，', '然', '后']);
    expect(splitUnspaced('称‘甲’者')).toEqual(['称', '‘甲’', '者']);
  });

  it('a no-break space, a mark of repetition: does not begin a line', () => {
    expect(splitUnspaced('漢\u00a0字人々')).toEqual(['漢\u00a0字', '人々']);
  });

  it('Korean words among Chinese characters: stay whole', () => {
    expect(splitUnspaced('漢字한국어는漢字와')).toEqual(['漢', '字', '한국어는', '漢', '字', '와']);
  });

  it('amounts and percentages: stay whole', () => {
    expect(splitUnspaced('計￥300円、３．１４％')).toEqual(['計', '￥300', '円、', '３．', '１', '４％']);
  });

  it('a text of every sort: loses nothing', () => {
    const text = '「これ」は、PDF（2026年）。ภาษาไทย、abc漢字(x)！';
    expect(splitUnspaced(text).join('')).toBe(text);
  });
});
