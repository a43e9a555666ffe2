<?php

declare(strict_types=1);

namespace Heavylift\Exception;

/** Not now: the server can not (5xx), or did not answer. */
class Unavailable extends HeavyliftException
{
}
