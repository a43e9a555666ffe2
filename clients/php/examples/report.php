<?php

// Has a PDF made of data: php report.php october.pdf
declare(strict_types=1);

require __DIR__ . '/../autoload.php'; // with Composer: vendor/autoload.php

use Heavylift\Heavylift;

$heavylift = new Heavylift(); // HEAVYLIFT_URL, HEAVYLIFT_KEY

try {
    $data = ['userId' => '42', 'month' => '2026-10', 'name' => 'Kari Nordmann'];
    $job = $heavylift->reports(['template' => 'monthly', 'data' => $data]);
    echo "{$job['id']}\n";
    foreach ($heavylift->follow($job) as $job) {
        fwrite(STDERR, "{$job['state']} {$job['progress']['percent']} %\n");
    }
    $heavylift->download($heavylift->wait($job), $argv[1]);
} catch (\Exception $error) {
    fwrite(STDERR, "{$error->getMessage()}\n");
    exit(1);
}
