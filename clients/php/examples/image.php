<?php

// Has a photo made smaller: php image.php photo.jpg 800 photo.webp
declare(strict_types=1);

require __DIR__ . '/../autoload.php'; // with Composer: vendor/autoload.php

use Heavylift\Heavylift;

[, $photo, $width, $out] = $argv;
$heavylift = new Heavylift(); // HEAVYLIFT_URL, HEAVYLIFT_KEY

try {
    $job = $heavylift->images(['width' => $width, 'format' => 'webp'], $photo);
    echo "{$job['id']}\n";
    $heavylift->download($heavylift->wait($job), $out);
} catch (\Exception $error) {
    fwrite(STDERR, "{$error->getMessage()}\n");
    exit(1);
}
