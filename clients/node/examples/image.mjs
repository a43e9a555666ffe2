// node image.mjs photo.jpg 800 photo.webp: has a photo made smaller
import { Heavylift } from 'heavylift-client';

const [file, width, out] = process.argv.slice(2);
const heavylift = new Heavylift(); // HEAVYLIFT_URL, HEAVYLIFT_KEY

try {
  const upload = await heavylift.upload(file, { kind: 'images' });
  const job = await heavylift.images({ source: { upload: upload.id }, width: Number(width), format: 'webp' });
  console.log(job.id);
  await heavylift.download(await heavylift.wait(job), out);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
