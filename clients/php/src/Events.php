<?php

declare(strict_types=1);

namespace Heavylift;

/**
 * Server-sent events, as they come.
 *
 * @internal
 */
final class Events
{
    /**
     * The id and the data of each event; comments, which keep a connection alive, are passed over.
     *
     * @param iterable<string> $pieces
     * @return \Generator<int, array{string, string}>
     */
    public static function of(iterable $pieces): \Generator
    {
        [$text, $id, $data] = ['', '', []];
        foreach ($pieces as $piece) {
            $lines = explode("\n", $text . $piece);
            $text = (string) array_pop($lines);
            foreach ($lines as $line) {
                $line = rtrim($line, "\r");
                if ($line === '') {
                    if ($data) {
                        yield [$id, implode("\n", $data)];
                    }
                    $data = [];
                } elseif (preg_match('/^(id|data): ?(.*)$/s', $line, $match)) {
                    $match[1] === 'id' ? $id = $match[2] : $data[] = $match[2];
                }
            }
        }
    }
}
