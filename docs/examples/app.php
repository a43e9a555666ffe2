<?php
// An application with an upload form, in PHP 8.1 or newer, without a package or the curl extension.
//   HEAVYLIFT=https://jobs.example.com KEY=hl_... WEBHOOK_SECRET=whsec_... ORIGIN=https://shop.example php -S 127.0.0.1:8080 app.php
declare(strict_types=1);

const OPTIONS = ['width' => 800, 'format' => 'webp'];

function ask(string $path, ?string $body = null, string $type = 'application/json'): array
{
    $answer = file_get_contents(getenv('HEAVYLIFT') . $path, false, stream_context_create(['http' => [
        'method' => $body === null ? 'GET' : 'POST',
        'header' => ['Authorization: Bearer ' . getenv('KEY'), "Content-Type: $type"],
        'content' => $body ?? '',
        'timeout' => 60,
    ]]));
    return json_decode($answer ?: 'null', true) ?? throw new RuntimeException("$path was refused.");
}

/** Who this is: in your application, whoever is signed in. */
function visitor(): string
{
    $_COOKIE['visitor'] ??= bin2hex(random_bytes(16));
    setcookie('visitor', $_COOKIE['visitor'], ['httponly' => true, 'samesite' => 'Lax']);
    return $_COOKIE['visitor'];
}

/** What is made of each photo, whose it is, and who hears of it. */
function jobFields(): array
{
    return ['metadata' => ['visitor' => visitor()], 'callbackUrl' => getenv('ORIGIN') . '/webhook'];
}

/** A token for this visitor's browser: what it may upload, and from where. The key stays here. */
function makeToken(): string
{
    $limits = ['maxFiles' => 4, 'maxBytes' => '20MB', 'types' => ['image/*'], 'expiresIn' => '15m', 'origins' => [getenv('ORIGIN')]];
    $fields = ['kind' => 'images', 'options' => OPTIONS, 'visitor' => visitor(), ...jobFields(), ...$limits];
    return ask('/v1/upload-tokens', json_encode($fields))['token'];
}

/** The form has the ids of the jobs; without JavaScript it has the files, which are passed on. */
function takeOrder(): array
{
    $jobs = array_map(fn (string $id) => ask('/v1/jobs/' . rawurlencode($id)), $_POST['photos'] ?? []);
    $query = http_build_query([...OPTIONS, ...jobFields(), 'metadata' => json_encode(jobFields()['metadata'])]);
    foreach ($_FILES['photos']['tmp_name'] ?? [] as $index => $path) {
        if ($_FILES['photos']['error'][$index] === UPLOAD_ERR_OK) {
            $jobs[] = ask("/v1/images?$query", file_get_contents($path), $_FILES['photos']['type'][$index]);
        }
    }
    // An id that somebody else's photo has is no photo of this visitor.
    $own = array_filter($jobs, fn (array $job) => ($job['metadata']['visitor'] ?? null) === visitor());
    return array_column($own, 'id');
}

function isSigned(string $body): bool
{
    $time = $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
    $key = base64_decode(str_replace('whsec_', '', getenv('WEBHOOK_SECRET')));
    $signed = ($_SERVER['HTTP_WEBHOOK_ID'] ?? '') . ".$time.$body";
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', $signed, $key, true));
    $matching = array_filter(
        explode(' ', $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? ''),
        fn (string $given) => hash_equals($expected, $given),
    );
    return ctype_digit($time) && abs(time() - (int) $time) < 300 && $matching !== [];
}

switch ($_SERVER['REQUEST_METHOD'] . ' ' . parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) {
    case 'GET /':
        visitor();
        // PHP makes lists of fields whose names end with [].
        $page = str_replace('name="photos"', 'name="photos[]"', file_get_contents(__DIR__ . '/page.html'));
        echo str_replace('HEAVYLIFT', getenv('HEAVYLIFT'), $page);
        break;
    case 'GET /upload-token':
        header('Content-Type: application/json');
        header('Cache-Control: no-store');
        echo json_encode(['token' => makeToken()]);
        break;
    case 'POST /order':
        header('Content-Type: text/plain');
        echo 'Ordered: ' . implode(' ', takeOrder());
        break;
    case 'POST /webhook':
        $body = file_get_contents('php://input');
        if (!isSigned($body)) {
            http_response_code(400);
            break;
        }
        // It may come twice, so keep each webhook-id that you have acted on.
        http_response_code(204);
        ['type' => $type, 'data' => $job] = json_decode($body, true);
        error_log("$type {$job['id']} {$job['metadata']['visitor']}");
        break;
    default:
        http_response_code(404);
}
