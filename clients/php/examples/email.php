<?php

// Sends a mail with a report: php email.php kari@example.no
declare(strict_types=1);

require __DIR__ . '/../autoload.php'; // with Composer: vendor/autoload.php

use Heavylift\Heavylift;

$heavylift = new Heavylift(); // HEAVYLIFT_URL, HEAVYLIFT_KEY

try {
    $data = ['userId' => '42', 'month' => '2026-10', 'name' => 'Kari Nordmann'];
    $report = $heavylift->reports(['template' => 'monthly', 'data' => $data]);
    // It waits for the report by itself. The same key again, after a crash of yours, is the same mail.
    $job = $heavylift->emails([
        'to' => [$argv[1]],
        'subject' => 'Your October',
        'text' => 'Here it is.',
        'attachments' => [['filename' => 'october.pdf', 'job' => $report['id']]],
    ], idempotencyKey: "october-{$report['id']}");
    echo "{$job['id']}\n";
    echo "{$heavylift->wait($job)['result']['state']}\n";
} catch (\Exception $error) {
    fwrite(STDERR, "{$error->getMessage()}\n");
    exit(1);
}
