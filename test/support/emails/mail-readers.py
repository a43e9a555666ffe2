"""Reads mails (a JSON list of base64) as Python's email package does, and verifies their DKIM signatures by dkimpy."""
import base64, email, email.policy, json, sys

try:
    import dkim
except ImportError:
    dkim = None

asked = json.load(sys.stdin)


def find_key(name, timeout=5):
    return asked['record'].encode()


def words(address):
    return [{'name': one.display_name, 'address': one.addr_spec} for one in address.addresses] if address else []


def read(source):
    message = email.message_from_bytes(source, policy=email.policy.default)
    body = message.get_body(('plain',))
    files = []
    for part in message.walk():
        if part.get_filename() is None:
            continue
        inner = part.get_payload()
        size = len(inner[0].as_bytes()) if part.get_content_type() == 'message/rfc822' else len(part.get_payload(decode=True))
        files.append({'name': part.get_filename(), 'type': part.get_content_type(), 'size': size})
    return {
        'subject': message['subject'],
        'from': words(message['from']),
        'cc': words(message['cc']),
        'text': body.get_content() if body else '',
        'files': files,
        'defects': [str(one) for part in message.walk() for one in part.defects],
        'signed': None if dkim is None else dkim.verify(source, dnsfunc=find_key),
    }


json.dump([read(base64.b64decode(one)) for one in asked['mails']], sys.stdout)
