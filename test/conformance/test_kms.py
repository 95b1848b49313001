# SPDX-License-Identifier: Apache-2.0
"""The key service through boto3: keys, aliases, policies, rotation, deletion, cryptography."""

import json
import uuid

import pytest
from botocore.exceptions import ClientError

from support.clients import aws_client

OTHER_ACCOUNT = "111122223333"


@pytest.fixture(scope="module")
def kms(fors):
    """boto3's KMS client."""
    return aws_client(fors, "kms")


@pytest.fixture(scope="module")
def guest(fors):
    """The same, of another account."""
    return aws_client(fors, "kms", aws_access_key_id=OTHER_ACCOUNT)


@pytest.fixture
def key(kms):
    """The metadata of a new key."""
    return kms.create_key()["KeyMetadata"]


def fails(call, error, text=None, **members):
    """Asserts that a call answers that error."""
    with pytest.raises(ClientError) as raised:
        call(**members)
    assert raised.value.response["Error"]["Code"] == error, raised.value
    if text is not None:
        assert raised.value.response["Error"]["Message"] == text


def allow(*actions, account=OTHER_ACCOUNT, **condition):
    """A policy statement."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": list(actions),
        "Resource": "*",
    }
    return {**statement, **({"Condition": condition} if condition else {})}


def policy(*statements):
    """A document in which the owner may do everything, with more statements."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [allow("kms:*", account="000000000000"), *statements],
        }
    )


def test_a_new_key_is_described(kms):
    made = kms.create_key(Description="orders", Tags=[{"TagKey": "team", "TagValue": "a"}])
    meta = made["KeyMetadata"]
    assert uuid.UUID(meta["KeyId"])
    assert meta["Arn"] == f"arn:aws:kms:us-east-1:000000000000:key/{meta['KeyId']}"
    assert (meta["KeyState"], meta["Enabled"], meta["KeyManager"]) == ("Enabled", True, "CUSTOMER")
    assert (meta["Description"], meta["KeySpec"]) == ("orders", "SYMMETRIC_DEFAULT")
    for name in (meta["KeyId"], meta["Arn"]):
        assert kms.describe_key(KeyId=name)["KeyMetadata"] == meta
    tags = kms.list_resource_tags(KeyId=meta["KeyId"])
    assert tags["Tags"] == [{"TagKey": "team", "TagValue": "a"}] and not tags["Truncated"]
    kms.update_key_description(KeyId=meta["KeyId"], Description="bills")
    assert kms.describe_key(KeyId=meta["KeyId"])["KeyMetadata"]["Description"] == "bills"


@pytest.mark.parametrize(
    "members",
    [
        {"KeyUsage": "SIGN_VERIFY"},
        {"KeySpec": "RSA_2048"},
        {"Origin": "EXTERNAL"},
        {"MultiRegion": True},
        {"CustomKeyStoreId": "cks-1"},
    ],
    ids=lambda members: next(iter(members)),
)
def test_a_key_of_another_kind_is_refused(kms, members):
    fails(kms.create_key, "UnsupportedOperationException", **members)


def test_an_operation_that_is_not_built_names_itself(kms, key):
    with pytest.raises(ClientError, match="CreateGrant is not implemented"):
        kms.create_grant(KeyId=key["KeyId"], GranteePrincipal="arn:aws:iam::1:root", Operations=[])


@pytest.mark.parametrize(
    "name, error, text",
    [
        ("nope", "NotFoundException", "Invalid keyId 'nope'"),
        (
            "alias/nope",
            "NotFoundException",
            "Alias arn:aws:kms:us-east-1:000000000000:alias/nope is not found.",
        ),
        (
            "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-4000-8000-000000000000",
            "NotFoundException",
            "Key 'arn:aws:kms:us-east-1:000000000000:key/00000000-0000-4000-8000-000000000000'"
            " does not exist",
        ),
        (
            "arn:aws:kms:eu-west-1:000000000000:key/00000000-0000-4000-8000-000000000000",
            "NotFoundException",
            "Invalid arn eu-west-1",
        ),
        ("arn:aws:s3:::bucket", "InvalidArnException", "Invalid arn arn:aws:s3:::bucket"),
    ],
)
def test_a_key_that_is_not_there(kms, name, error, text):
    fails(kms.encrypt, error, text, KeyId=name, Plaintext=b"x")


def test_pages_of_keys_hold_each_once(kms):
    made = {kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(5)}
    pages = kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 2})
    found = [key["KeyId"] for page in pages for key in page["Keys"]]
    assert made <= set(found) and len(found) == len(set(found))


def test_no_other_account_shares_keys(kms, key):
    owners = {"ResourceOwners": ["OTHER_ACCOUNTS_VIA_RAM"]}
    assert kms.list_keys(**owners)["Keys"] == []
    both = kms.list_keys(ResourceOwners=["OTHER_ACCOUNTS_VIA_RAM", "SELF"])["Keys"]
    assert both == kms.list_keys()["Keys"] != []


def test_aliases_name_keys(kms, key):
    other = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/one", TargetKeyId=key["KeyId"])
    arn = "arn:aws:kms:us-east-1:000000000000:alias/one"
    for name in ("alias/one", arn):
        assert kms.describe_key(KeyId=name)["KeyMetadata"]["KeyId"] == key["KeyId"]
    text = f"An alias with the name {arn} already exists"
    fails(
        kms.create_alias,
        "AlreadyExistsException",
        text,
        AliasName="alias/one",
        TargetKeyId=key["KeyId"],
    )
    kms.update_alias(AliasName="alias/one", TargetKeyId=other["KeyId"])
    assert kms.describe_key(KeyId="alias/one")["KeyMetadata"]["KeyId"] == other["KeyId"]
    [alias] = kms.list_aliases(KeyId=other["KeyId"])["Aliases"]
    assert (alias["AliasName"], alias["AliasArn"]) == ("alias/one", arn)
    assert kms.list_aliases(KeyId=key["KeyId"])["Aliases"] == []
    kms.delete_alias(AliasName="alias/one")
    text = f"Alias {arn} is not found."
    fails(kms.describe_key, "NotFoundException", text, KeyId="alias/one")
    fails(kms.delete_alias, "NotFoundException", text, AliasName="alias/one")
    reserved = {"AliasName": "alias/aws/mine", "TargetKeyId": key["KeyId"]}
    fails(kms.create_alias, "InvalidAliasNameException", **reserved)
    fails(kms.create_alias, "ValidationException", AliasName="mine", TargetKeyId=key["KeyId"])
    # Policies and states are of keys: an alias is not taken there.
    fails(kms.disable_key, "NotFoundException", KeyId="alias/aws/kinesis")


def test_the_key_of_kinesis_exists_by_itself(kms):
    meta = kms.describe_key(KeyId="alias/aws/kinesis")["KeyMetadata"]
    assert meta["KeyManager"] == "AWS"
    assert kms.describe_key(KeyId="alias/aws/kinesis")["KeyMetadata"] == meta
    names = [alias["AliasName"] for alias in kms.list_aliases()["Aliases"]]
    assert "alias/aws/kinesis" in names
    # It is Kinesis' to use, not the account's.
    fails(kms.encrypt, "AccessDeniedException", KeyId="alias/aws/kinesis", Plaintext=b"x")
    fails(kms.disable_key, "AccessDeniedException", KeyId=meta["KeyId"])
    fails(kms.schedule_key_deletion, "AccessDeniedException", KeyId=meta["KeyId"])
    status = kms.get_key_rotation_status(KeyId=meta["KeyId"])
    assert status["KeyRotationEnabled"] and status["RotationPeriodInDays"] == 365


def test_what_is_encrypted_is_bound_to_its_context(kms, key):
    context = {"stream": "orders", "shard": "1"}
    sealed = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"secret", EncryptionContext=context)
    assert sealed["KeyId"] == key["Arn"] and b"secret" not in sealed["CiphertextBlob"]
    blob = sealed["CiphertextBlob"]
    opened = kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)
    assert (opened["Plaintext"], opened["KeyId"]) == (b"secret", key["Arn"])
    fails(kms.decrypt, "InvalidCiphertextException", CiphertextBlob=blob)
    swapped = {"stream": "1", "shard": "orders"}
    fails(kms.decrypt, "InvalidCiphertextException", CiphertextBlob=blob, EncryptionContext=swapped)
    changed = blob[:-1] + bytes([blob[-1] ^ 1])
    wrong = {"CiphertextBlob": changed, "EncryptionContext": context}
    fails(kms.decrypt, "InvalidCiphertextException", **wrong)
    fails(kms.decrypt, "InvalidCiphertextException", CiphertextBlob=b"nothing of ours")


def test_decrypt_with_another_key_named_is_refused(kms, key):
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    fails(kms.decrypt, "IncorrectKeyException", CiphertextBlob=blob, KeyId=other)
    assert kms.decrypt(CiphertextBlob=blob, KeyId=key["KeyId"])["Plaintext"] == b"x"


def test_re_encryption_changes_key_and_context(kms, key):
    other = kms.create_key()["KeyMetadata"]
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    again = kms.re_encrypt(
        CiphertextBlob=blob,
        DestinationKeyId=other["KeyId"],
        DestinationEncryptionContext={"a": "b"},
    )
    assert (again["SourceKeyId"], again["KeyId"]) == (key["Arn"], other["Arn"])
    opened = kms.decrypt(CiphertextBlob=again["CiphertextBlob"], EncryptionContext={"a": "b"})
    assert (opened["Plaintext"], opened["KeyId"]) == (b"x", other["Arn"])


@pytest.mark.parametrize(
    "size, members",
    [(32, {"KeySpec": "AES_256"}), (16, {"KeySpec": "AES_128"}), (100, {"NumberOfBytes": 100})],
)
def test_data_keys_come_plain_and_sealed(kms, key, size, members):
    made = kms.generate_data_key(KeyId=key["KeyId"], **members)
    assert len(made["Plaintext"]) == size
    assert kms.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"] == made["Plaintext"]
    sealed = kms.generate_data_key_without_plaintext(KeyId=key["KeyId"], **members)
    assert "Plaintext" not in sealed
    assert len(kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"])["Plaintext"]) == size


def test_a_data_key_needs_one_size(kms, key):
    text = "Please specify either number of bytes or key spec."
    fails(kms.generate_data_key, "ValidationException", text, KeyId=key["KeyId"])
    both = {"KeyId": key["KeyId"], "KeySpec": "AES_256", "NumberOfBytes": 5}
    fails(kms.generate_data_key, "ValidationException", text, **both)


def test_random_bytes(kms):
    made = [kms.generate_random(NumberOfBytes=20)["Plaintext"] for _ in range(2)]
    assert len(made[0]) == 20 and made[0] != made[1]


def test_a_dry_run_does_nothing_else(kms, key):
    plain = {"KeyId": key["KeyId"], "Plaintext": b"x"}
    fails(kms.encrypt, "DryRunOperationException", DryRun=True, **plain)


def test_a_disabled_key_does_nothing_until_it_is_enabled(kms, key):
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    kms.disable_key(KeyId=key["KeyId"])
    text = f"{key['Arn']} is disabled."
    fails(kms.encrypt, "DisabledException", text, KeyId=key["KeyId"], Plaintext=b"x")
    fails(kms.decrypt, "DisabledException", text, CiphertextBlob=blob)
    fails(kms.rotate_key_on_demand, "DisabledException", text, KeyId=key["KeyId"])
    kms.enable_key(KeyId=key["KeyId"])
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_deletion_waits_and_can_be_taken_back(kms, key):
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    for days in (6, 31):
        wrong = {"KeyId": key["KeyId"], "PendingWindowInDays": days}
        fails(kms.schedule_key_deletion, "ValidationException", **wrong)
    answer = kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    assert (answer["KeyId"], answer["KeyState"]) == (key["Arn"], "PendingDeletion")
    meta = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
    assert (meta["KeyState"], meta["Enabled"]) == ("PendingDeletion", False)
    assert meta["DeletionDate"] == answer["DeletionDate"]
    text = f"{key['Arn']} is pending deletion."
    for call in (kms.enable_key, kms.disable_key, kms.schedule_key_deletion):
        fails(call, "KMSInvalidStateException", text, KeyId=key["KeyId"])
    fails(kms.decrypt, "KMSInvalidStateException", text, CiphertextBlob=blob)
    kms.cancel_key_deletion(KeyId=key["KeyId"])
    fails(kms.cancel_key_deletion, "KMSInvalidStateException", KeyId=key["KeyId"])
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "Disabled"
    kms.enable_key(KeyId=key["KeyId"])
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_rotation_keeps_what_the_old_material_sealed(kms, key):
    old = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"old")["CiphertextBlob"]
    assert kms.list_key_rotations(KeyId=key["KeyId"])["Rotations"] == []
    kms.rotate_key_on_demand(KeyId=key["KeyId"])
    [rotation] = kms.list_key_rotations(KeyId=key["KeyId"])["Rotations"]
    assert (rotation["RotationType"], rotation["KeyMaterialState"]) == ("ON_DEMAND", "CURRENT")
    new = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"new")["CiphertextBlob"]
    opened = [kms.decrypt(CiphertextBlob=blob) for blob in (old, new)]
    assert [each["Plaintext"] for each in opened] == [b"old", b"new"]
    assert opened[0]["KeyMaterialId"] == key["CurrentKeyMaterialId"]
    assert opened[1]["KeyMaterialId"] == rotation["KeyMaterialId"] != key["CurrentKeyMaterialId"]
    every = kms.list_key_rotations(KeyId=key["KeyId"], IncludeKeyMaterial="ALL_KEY_MATERIAL")
    states = [each["KeyMaterialState"] for each in every["Rotations"]]
    assert states == ["NON_CURRENT", "CURRENT"]


def test_automatic_rotation_is_switched(kms, key):
    name = key["KeyId"]
    assert not kms.get_key_rotation_status(KeyId=name)["KeyRotationEnabled"]
    kms.enable_key_rotation(KeyId=name, RotationPeriodInDays=90)
    status = kms.get_key_rotation_status(KeyId=name)
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 90)
    assert (status["NextRotationDate"] - key["CreationDate"]).days == 90
    kms.disable_key_rotation(KeyId=name)
    assert not kms.get_key_rotation_status(KeyId=name)["KeyRotationEnabled"]


def test_another_account_may_what_the_policy_says(kms, guest, key):
    plain = {"KeyId": key["Arn"], "Plaintext": b"x"}
    fails(guest.encrypt, "AccessDeniedException", **plain)
    named = {"StringEquals": {"kms:EncryptionContext:team": "a"}}
    kms.put_key_policy(KeyId=key["KeyId"], Policy=policy(allow("kms:Encrypt", **named)))
    fails(guest.encrypt, "AccessDeniedException", **plain)
    blob = guest.encrypt(EncryptionContext={"team": "a"}, **plain)["CiphertextBlob"]
    decrypt = {"CiphertextBlob": blob, "EncryptionContext": {"team": "a"}}
    text = (
        f"User: arn:aws:iam::{OTHER_ACCOUNT}:root is not authorized to perform: kms:Decrypt on "
        f"resource: {key['Arn']} because no resource-based policy allows the kms:Decrypt action"
    )
    fails(guest.decrypt, "AccessDeniedException", text, **decrypt)
    assert kms.decrypt(**decrypt)["Plaintext"] == b"x"
    fails(guest.disable_key, "AccessDeniedException", KeyId=key["Arn"])


def test_another_account_manages_no_key_whatever_its_policy_says(kms, guest, key):
    kms.put_key_policy(KeyId=key["KeyId"], Policy=policy(allow("kms:*")))
    plain = {"KeyId": key["Arn"], "Plaintext": b"x"}
    blob = guest.encrypt(**plain)["CiphertextBlob"]
    assert guest.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    assert guest.describe_key(KeyId=key["Arn"])["KeyMetadata"]["Arn"] == key["Arn"]
    for call, more in (
        (guest.disable_key, {}),
        (guest.schedule_key_deletion, {}),
        (guest.put_key_policy, {"Policy": policy(allow("kms:*"))}),
        (guest.get_key_policy, {}),
        (guest.rotate_key_on_demand, {}),
        (guest.tag_resource, {"Tags": [{"TagKey": "a", "TagValue": "b"}]}),
    ):
        fails(call, "AccessDeniedException", KeyId=key["Arn"], **more)


def test_an_alias_is_not_taken_from_a_key_that_denies_it(kms, key):
    other = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/kept", TargetKeyId=key["KeyId"])
    deny = {**allow("kms:UpdateAlias", account="000000000000"), "Effect": "Deny"}
    kms.put_key_policy(KeyId=key["KeyId"], Policy=policy(deny))
    moved = {"AliasName": "alias/kept", "TargetKeyId": other["KeyId"]}
    fails(kms.update_alias, "AccessDeniedException", **moved)
    kms.put_key_policy(KeyId=key["KeyId"], Policy=policy())
    kms.update_alias(**moved)
    kms.delete_alias(AliasName="alias/kept")


def test_a_policy_is_kept_as_it_was_given(kms, key):
    assert kms.list_key_policies(KeyId=key["KeyId"])["PolicyNames"] == ["default"]
    default = json.loads(kms.get_key_policy(KeyId=key["KeyId"])["Policy"])
    assert default["Statement"][0]["Action"] == "kms:*"
    wanted = policy(allow("kms:Describe*"))
    kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=wanted)
    assert kms.get_key_policy(KeyId=key["KeyId"])["Policy"] == wanted
    malformed = "MalformedPolicyDocumentException"
    fails(kms.put_key_policy, malformed, KeyId=key["KeyId"], Policy="{}x")
    lockout = json.dumps({"Version": "2012-10-17", "Statement": [allow("kms:*")]})
    fails(kms.put_key_policy, malformed, KeyId=key["KeyId"], Policy=lockout)
    fails(kms.create_key, malformed, Policy=lockout)
    kms.put_key_policy(KeyId=key["KeyId"], Policy=lockout, BypassPolicyLockoutSafetyCheck=True)
    fails(kms.describe_key, "AccessDeniedException", KeyId=key["KeyId"])


def test_tags_are_added_changed_and_removed(kms, key):
    name = key["KeyId"]
    kms.tag_resource(KeyId=name, Tags=[{"TagKey": k, "TagValue": v} for k, v in ("a1", "b2")])
    kms.tag_resource(KeyId=name, Tags=[{"TagKey": "a", "TagValue": "3"}])
    kms.untag_resource(KeyId=name, TagKeys=["b", "unknown"])
    assert kms.list_resource_tags(KeyId=name)["Tags"] == [{"TagKey": "a", "TagValue": "3"}]
    twice = [{"TagKey": "a", "TagValue": "1"}] * 2
    fails(kms.tag_resource, "TagException", KeyId=name, Tags=twice)
    reserved = [{"TagKey": "aws:x", "TagValue": "1"}]
    fails(kms.tag_resource, "TagException", KeyId=name, Tags=reserved)
    many = [{"TagKey": f"k{number}", "TagValue": ""} for number in range(50)]
    fails(kms.tag_resource, "LimitExceededException", KeyId=name, Tags=many)


def test_keys_outlive_a_restart(fors, kms, key):
    kms.create_alias(AliasName="alias/kept", TargetKeyId=key["KeyId"])
    blob = kms.encrypt(KeyId="alias/kept", Plaintext=b"kept")["CiphertextBlob"]
    kms.rotate_key_on_demand(KeyId=key["KeyId"])
    kms.disable_key(KeyId=key["KeyId"])
    fors.kill9()
    fors.restart()
    assert kms.describe_key(KeyId="alias/kept")["KeyMetadata"]["KeyState"] == "Disabled"
    kms.enable_key(KeyId=key["KeyId"])
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"kept"
    assert len(kms.list_key_rotations(KeyId=key["KeyId"])["Rotations"]) == 1
