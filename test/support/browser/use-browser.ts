import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { type Product, type ProductOptions, startProduct } from '../product.ts';
import { type Noticed, openBrowser, openProfile, signIn } from './browser.ts';

/** What a file of browser tests shares: the running product, and one Chromium. */
export interface Deployment {
  product: Product;
  browser: Browser;
}

/** What each test has of its own: a profile with one page in it. */
export interface Session extends Deployment {
  context: BrowserContext;
  page: Page;
  noticed: Noticed;
}

export interface SessionOptions {
  /** The key each test is signed in with by the form; without it none is. */
  signedInWith?: string;
  profile?: BrowserContextOptions;
}

/**
 * Starts the product and a browser before the tests of this block and ends both after them. `options` is asked once,
 * after the hooks that stand before this call; `onOpen` is called with what was opened.
 */
export function useDeployment(options: () => ProductOptions, onOpen: (deployment: Deployment) => void): void {
  const closers: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    const product = await startProduct(options());
    closers.push(() => product.close());
    const browser = await openBrowser();
    closers.unshift(() => browser.close());
    onOpen({ product, browser });
  });
  afterAll(async () => {
    for (const close of closers) await close();
  });
}

/**
 * `useDeployment`, and for each test a profile, which `onOpen` is called with before it is signed in. A test fails when
 * a page of it asked for a foreign address, or when the browser refused something or met an uncaught error.
 */
export function useBrowser(
  options: () => ProductOptions,
  onOpen: (session: Session) => void,
  { signedInWith, profile = {} }: SessionOptions = {},
): void {
  let deployment: Deployment;
  let session: Session;
  useDeployment(options, (opened) => {
    deployment = opened;
  });
  beforeEach(async () => {
    session = { ...deployment, ...(await openProfile(deployment.browser, deployment.product.url, profile)) };
    onOpen(session);
    if (signedInWith) await signIn(session.page, signedInWith);
  });
  afterEach(async () => {
    await session.context.close();
    expect(session.noticed).toEqual({ foreignRequests: [], faults: [] });
  });
}
