<?php

declare(strict_types=1);

namespace Heavylift;

/**
 * A file of a known size that is sent, from wherever sending has to go on.
 *
 * @internal
 */
final class OpenFile
{
    public readonly int $size;
    private readonly int $start;

    /** @param resource $stream */
    private function __construct(private $stream, public readonly string $name)
    {
        $this->start = (int) ftell($stream);
        fseek($stream, 0, SEEK_END);
        $this->size = ftell($stream) - $this->start;
    }

    /**
     * Opens a path or a file of a framework, or takes a stream; one that can not go back is put into a temporary file.
     *
     * @param string|\SplFileInfo|resource $file
     */
    public static function open(mixed $file, ?string $name = null): self
    {
        if (is_resource($file)) {
            $about = stream_get_meta_data($file);
            $name ??= basename(strtok($about['uri'] ?? 'upload', '?') ?: 'upload');
            return new self($about['seekable'] ? $file : self::copyOf($file), $name);
        }
        if (!is_string($file) && !$file instanceof \SplFileInfo) {
            throw new \InvalidArgumentException('file must be a path, an SplFileInfo or a stream.');
        }
        $path = (string) $file;
        $stream = is_file($path) ? @fopen($path, 'rb') : false;
        if ($stream === false) {
            throw new \InvalidArgumentException("$path can not be read.");
        }
        if (is_object($file) && method_exists($file, 'getClientOriginalName')) {
            $name ??= $file->getClientOriginalName();
        }
        return new self($stream, $name ?? basename($path));
    }

    /** Goes to a place of it; what follows is read from there. */
    public function seek(int $offset): void
    {
        fseek($this->stream, $this->start + $offset);
    }

    /** The next bytes, at most so many. */
    public function read(int $bytes): string
    {
        return (string) fread($this->stream, $bytes);
    }

    /** A path at which all of it lies, for curl to read. */
    public function path(): string
    {
        $about = stream_get_meta_data($this->stream);
        if ($this->start === 0 && ($about['wrapper_type'] ?? '') === 'plainfile' && is_file($about['uri'])) {
            return $about['uri'];
        }
        $this->seek(0);
        $this->stream = self::copyOf($this->stream);
        return stream_get_meta_data($this->stream)['uri'];
    }

    /**
     * @param resource $stream
     * @return resource
     */
    private static function copyOf(mixed $stream): mixed
    {
        $copy = tmpfile() ?: throw new \RuntimeException('No temporary file can be made.');
        stream_copy_to_stream($stream, $copy);
        rewind($copy);
        return $copy;
    }
}
