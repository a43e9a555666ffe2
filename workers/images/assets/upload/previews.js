/** A decoded picture of a camera has some 50 MB: no more than three at a time. */
const AT_ONCE = 3;
/** A larger file is not decoded for a preview. */
const MOST_BYTES = 40e6;

/**
 * Draws small previews of chosen files, of rows that come into sight alone; the file itself is never an image of the page.
 * `watch(canvas, file)` draws one when it is time; a file that the browser can't decode leaves the canvas hidden.
 */
export function createPreviews() {
  const files = new WeakMap();
  const waiting = new Set();
  let running = 0;

  async function work() {
    while (running < AT_ONCE && waiting.size > 0) {
      const [canvas] = waiting;
      waiting.delete(canvas);
      observer.unobserve(canvas.parentElement);
      running += 1;
      draw(canvas, files.get(canvas)).finally(() => {
        running -= 1;
        work();
      });
    }
  }

  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const canvas = target.querySelector('canvas');
        if (isIntersecting) waiting.add(canvas);
        else waiting.delete(canvas);
      }
      work();
    },
    { rootMargin: '300px' },
  );

  return {
    watch(canvas, file) {
      if (file.size > MOST_BYTES) return;
      files.set(canvas, file);
      observer.observe(canvas.parentElement);
    },
    forget(canvas) {
      waiting.delete(canvas);
      observer.unobserve(canvas.parentElement);
    },
  };
}

/** Fills the canvas with the middle of the picture. */
async function draw(canvas, file) {
  try {
    const picture = await createImageBitmap(file, { resizeWidth: 2 * canvas.width, resizeQuality: 'low' });
    const side = Math.min(picture.width, picture.height);
    const [left, top] = [(picture.width - side) / 2, (picture.height - side) / 2];
    canvas.getContext('2d').drawImage(picture, left, top, side, side, 0, 0, canvas.width, canvas.height);
    picture.close();
    canvas.hidden = false;
  } catch {
    // HEIC, PDF and the like: their row says what they are.
  }
}
