import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openBrowser, openProfile, signIn } from '../support/browser/browser.ts';

const VIEWS = [
  ['wide', { viewport: { width: 1280, height: 800 } }],
  ['phone-dark', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }],
] as const;

/** Takes pictures of a page, as an operator sees it at a desk and, in the dark, on a phone. */
export interface Camera {
  /** Writes `<name>-wide.png` and `<name>-phone-dark.png`. */
  take(name: string, path: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens a browser that is signed in with that key, for pictures into a folder. */
export async function openCamera(folder: string, origin: string, key: string): Promise<Camera> {
  mkdirSync(folder, { recursive: true });
  const browser = await openBrowser();
  const pages = await Promise.all(
    VIEWS.map(async ([view, profile]) => {
      const { page } = await openProfile(browser, origin, profile);
      await signIn(page, key);
      return { view, page };
    }),
  );
  return {
    async take(name, path) {
      for (const { view, page } of pages) {
        await page.goto(path);
        await page.screenshot({ path: join(folder, `${name}-${view}.png`) });
      }
    },
    close: () => browser.close(),
  };
}
