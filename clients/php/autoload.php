<?php

declare(strict_types=1);

// Finds the classes of this folder where Composer does not.
spl_autoload_register(static function (string $class): void {
    $path = __DIR__ . '/src/' . str_replace('\\', '/', substr($class, strlen('Heavylift\\'))) . '.php';
    if (str_starts_with($class, 'Heavylift\\') && is_file($path)) {
        require $path;
    }
});
