<?php

// Uploads a file of any size, for jobs to name: php upload.php rows.csv
declare(strict_types=1);

require __DIR__ . '/../autoload.php'; // with Composer: vendor/autoload.php

use Heavylift\Heavylift;

$heavylift = new Heavylift(); // HEAVYLIFT_URL, HEAVYLIFT_KEY
$show = function (int $sent, int $size): void {
    if (stream_isatty(STDERR)) {
        fprintf(STDERR, "\r%d %%", intdiv(100 * $sent, $size));
    }
};

try {
    $upload = $heavylift->upload($argv[1], onProgress: $show);
    echo "{$upload['id']}\n"; // a table's rows are ['upload' => this]
} catch (\Exception $error) {
    fwrite(STDERR, "{$error->getMessage()}\n");
    exit(1);
}
