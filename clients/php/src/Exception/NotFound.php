<?php

declare(strict_types=1);

namespace Heavylift\Exception;

/** There is no such thing, or it is gone (404, 410). */
class NotFound extends HeavyliftException
{
}
