<?php

// Calls one method of the client and prints what came of it: probe.php METHOD ARGUMENTS, a list in JSON, the last of them by name.
declare(strict_types=1);

require __DIR__ . '/../../../clients/php/autoload.php';

use Heavylift\Exception\HeavyliftException;
use Heavylift\Heavylift;

[, $method, $json] = $argv;
$args = json_decode($json, true);
$named = array_pop($args);
try {
    $heavylift = new Heavylift(...$named['client'] ?? []);
    unset($named['client']);
    $value = $heavylift->$method(...$args, ...$named);
    echo json_encode(['value' => $value instanceof Generator ? iterator_to_array($value, false) : $value]);
} catch (HeavyliftException $error) {
    echo json_encode([
        'error' => (new ReflectionClass($error))->getShortName(),
        'code' => $error->errorCode,
        'status' => $error->status,
        'retryAfter' => $error->retryAfter,
        'detail' => $error->getMessage(),
    ]);
}
