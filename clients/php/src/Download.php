<?php

declare(strict_types=1);

namespace Heavylift;

use Heavylift\Exception\HeavyliftException;

/**
 * A file that is fetched: what broke off is taken up where it was.
 *
 * @internal
 */
final class Download
{
    private ?\HashContext $digest = null;
    private int $received = 0;
    private string $etag = '';

    /** @param resource $out */
    private function __construct(private readonly Transport $transport, private $out, private readonly string $path)
    {
    }

    /** Writes a file to a path, which is there once it is whole. */
    public static function save(Transport $transport, string $address, ?string $sha256, string $path): void
    {
        $part = "$path." . bin2hex(random_bytes(4)) . '.part';
        $out = @fopen($part, 'xb') ?: throw new \RuntimeException("$path can not be written.");
        try {
            (new self($transport, $out, $path))->fetch($address, $sha256);
            fclose($out);
            if (!rename($part, $path)) {
                throw new \RuntimeException("$path can not be written.");
            }
        } finally {
            if (is_file($part)) {
                unlink($part);
            }
        }
    }

    /** Writes all of it. Throws where it is not as it was made. */
    private function fetch(string $address, ?string $sha256): void
    {
        for ($failures = 0; ; ) {
            $before = $this->received;
            try {
                $this->ask($address);
                break;
            } catch (HeavyliftException $error) {
                $failures = $this->received > $before ? 1 : $failures + 1;
                $this->transport->pauseAfter($error, $failures, $this->transport->patience);
            }
        }
        $sha256 ??= preg_match('/^"([0-9a-f]{64})"$/', $this->etag, $match) ? $match[1] : null;
        $digest = hash_final($this->digest ?? hash_init('sha256'));
        if ($sha256 !== null && $digest !== $sha256) {
            throw new HeavyliftException('The file is not as it was made: its SHA-256 is another.', 'download_broken');
        }
    }

    private function ask(string $address): void
    {
        $headers = ['Accept' => '*/*'];
        if ($this->received > 0 && $this->etag !== '') {
            $headers += ['Range' => "bytes={$this->received}-", 'If-Range' => $this->etag];
        }
        $isNew = true;
        $take = function (string $bytes, Answer $answer) use (&$isNew): void {
            if ($isNew) {
                $this->begin($answer);
            }
            $isNew = false;
            $this->write($bytes);
        };
        $answer = $this->transport->askOnce('GET', $address, $headers, [], $take);
        if ($answer->status === 307 && isset($answer->headers['location'])) {
            // Storage that is elsewhere.
            $answer = $this->transport->askOnce('GET', $answer->headers['location'], $headers, [], $take);
        }
        if ($isNew) {
            $this->begin($answer);
        }
    }

    /** Begins anew, but where the rest of what was there comes. */
    private function begin(Answer $answer): void
    {
        if (!in_array($answer->status, [200, 206], true)) {
            $sentence = "There is no file yet ({$answer->status}).";
            throw new HeavyliftException($sentence, 'download_broken', $answer->status);
        }
        $this->etag = $answer->headers['etag'] ?? '';
        if ($answer->status === 200) {
            ftruncate($this->out, 0);
            rewind($this->out);
            [$this->digest, $this->received] = [hash_init('sha256'), 0];
        }
    }

    private function write(string $bytes): void
    {
        if (@fwrite($this->out, $bytes) !== strlen($bytes)) {
            throw new \RuntimeException("{$this->path} can not be written.");
        }
        hash_update($this->digest, $bytes);
        $this->received += strlen($bytes);
    }
}
