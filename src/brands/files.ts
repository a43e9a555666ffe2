import type { Brand } from './brand.ts';

/** An upload that a brand has, and what it may be. */
export interface BrandFile {
  upload: string;
  /** Where the brand names it, as a JSON pointer. */
  pointer: string;
  types: readonly string[];
  maxBytes: number;
}

const PICTURES = ['image/png', 'image/jpeg'];
const LOGO = { types: PICTURES, maxBytes: 1_000_000 };
const PAPER = { types: [...PICTURES, 'application/pdf'], maxBytes: 5_000_000 };

/** Lists the uploads that a brand has: its logo, and the pages of its letterhead. */
export function filesOfBrand({ logo, letterhead }: Brand): BrandFile[] {
  const { page, following } = letterhead ?? {};
  return [
    ...(logo ? [{ upload: logo.upload, pointer: '/logo/upload', ...LOGO }] : []),
    ...(page ? [{ upload: page.upload, pointer: '/letterhead/page/upload', ...PAPER }] : []),
    ...(following ? [{ upload: following.upload, pointer: '/letterhead/following/upload', ...PAPER }] : []),
  ];
}
