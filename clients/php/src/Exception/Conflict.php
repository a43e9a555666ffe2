<?php

declare(strict_types=1);

namespace Heavylift\Exception;

/** Things stand in another way than the request takes them to (409, 412). */
class Conflict extends HeavyliftException
{
}
