<?php

// Receives webhooks: WEBHOOK_SECRET=whsec_... php -S 127.0.0.1:8080 webhook.php (or this file behind your web server)
declare(strict_types=1);

require __DIR__ . '/../autoload.php'; // with Composer: vendor/autoload.php

use Heavylift\Exception\WebhookRefused;
use Heavylift\Heavylift;

try {
    $event = Heavylift::verifyWebhook(file_get_contents('php://input'), $_SERVER, getenv('WEBHOOK_SECRET'));
} catch (WebhookRefused $error) {
    error_log("refused: {$error->getMessage()}");
    http_response_code(400);
    exit;
}
// Answer soon and leave the work to others, once for each webhook-id: the same one may come again.
http_response_code(204);
error_log("{$event['type']} {$event['data']['id']}");
