<?php

declare(strict_types=1);

namespace Heavylift;

use Heavylift\Exception\WebhookRefused;

/** Webhooks, signed as https://www.standardwebhooks.com has it. */
final class Webhook
{
    /**
     * What a webhook tells, once it is known to be genuine.
     *
     * @param string $body the bytes as they came
     * @param array<string, string|list<string>> $headers $_SERVER, getallheaders(), or those of a framework's request
     * @param string|list<string> $secret `whsec_...`, or several of them while it is being changed
     * @param int $tolerance seconds that its time may be away from this machine's
     * @return array{type: string, timestamp: string, data: array<string, mixed>}
     * @throws WebhookRefused
     */
    public static function verify(
        string $body,
        array $headers,
        #[\SensitiveParameter] string|array $secret,
        int $tolerance = 300,
    ): array {
        $given = [];
        foreach ($headers as $name => $value) {
            $name = preg_replace('/^http-/', '', strtr(strtolower((string) $name), '_', '-'));
            $given[$name] = is_array($value) ? (string) reset($value) : (is_scalar($value) ? (string) $value : '');
        }
        [$id, $timestamp] = [$given['webhook-id'] ?? '', $given['webhook-timestamp'] ?? ''];
        if (!ctype_digit($timestamp) || strlen($timestamp) > 15) {
            throw new WebhookRefused('The webhook has no time that can be read.', 'webhook_refused');
        }
        if (abs(time() - (int) $timestamp) > $tolerance) {
            throw new WebhookRefused('The webhook is not of now: it may be a recorded one.', 'webhook_refused');
        }
        $matches = false;
        foreach ((array) $secret as $one) {
            $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", self::keyOf($one), true));
            foreach (explode(' ', $given['webhook-signature'] ?? '') as $signature) {
                // Every pair is compared, so that the time tells nothing of which one matches.
                $matches = hash_equals($expected, $signature) || $matches;
            }
        }
        if (!$matches) {
            throw new WebhookRefused('No signature of the webhook matches.', 'webhook_refused');
        }
        return json_decode($body, true, 512, JSON_THROW_ON_ERROR);
    }

    private static function keyOf(#[\SensitiveParameter] string $secret): string
    {
        $key = base64_decode((string) preg_replace('/^whsec_/', '', $secret), true);
        return $key ?: throw new \InvalidArgumentException('A webhook secret must be whsec_ and a text in Base64.');
    }
}
