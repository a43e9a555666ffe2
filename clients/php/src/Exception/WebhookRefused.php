<?php

declare(strict_types=1);

namespace Heavylift\Exception;

/** A webhook is not to be trusted. */
class WebhookRefused extends HeavyliftException
{
}
