"""Lists as other services write them, with one person for each thing that can be said of one."""

MAILCHIMP = (
    '"Email Address","First Name",MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,'
    "LATITUDE,LAST_CHANGED,LEID,EUID,NOTES,TAGS,UNSUB_TIME,UNSUB_REASON,CLEAN_TIME\n"
    'proved@example.com,Fern,2,"2019-03-16 14:40:47",,"2019-03-16 14:52:01",,,,1,a,,"""MS""",,,\n'
    "added@example.com,,2,,,2020-01-02 10:00:00,,,,2,b,,,,,\n"
    "left@example.com,,2,2019-03-16 14:40:47,,2019-03-16 14:52:01,,,,3,c,,,"
    '"2021-05-05 08:00:00","NORMAL",\n'
    "bounced@example.com,,2,2019-03-16 14:40:47,,2019-03-16 14:52:01,,,,4,d,,,,,"
    "2022-01-01 00:00:00\n"
)
SUBSTACK = (
    "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\n"
    "proved@example.com,true,2027-01-01,yearly,false,2024-01-01T10:00:00.000Z,"
    "2024-02-01T10:00:00.000Z\n"
    "added@example.com,false,,other,false,2024-01-01T10:00:00.000Z,\n"
    "left@example.com,false,,other,true,2024-01-01T10:00:00.000Z,\n"
)
GHOST = (
    "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,"
    "deleted_at,labels,tiers\r\n"
    "1,proved@example.com,Fern,,true,false,,2024-03-01T09:30:00.000Z,,,\r\n"
    "2,left@example.com,,,false,false,,2024-03-02T09:30:00.000Z,,,\r\n"
)
LISTMONK = (
    "uuid,email,name,attributes,status,created_at,updated_at\n"
    "u-1,added@example.com,Fern,{},enabled,2023-01-01 10:00:00.123456 +0000 UTC,"
    "2023-01-02 10:00:00 +0000 UTC\n"
    "u-2,left@example.com,,{},blocklisted,2023-01-01 10:00:00 +0000 UTC,\n"
)
LISTMONK_WITH_LISTS = (
    "uuid,email,attributes,status,subscription_status,created_at\n"
    "u-1,proved@example.com,{},enabled,confirmed,2023-01-01 10:00:00 +0000 UTC\n"
    "u-2,unsure@example.com,{},enabled,unconfirmed,2023-01-01 10:00:00 +0000 UTC\n"
)
BUTTONDOWN = (
    "email_address,notes,metadata,tags,type,creation_date,unsubscription_date\n"
    'proved@example.com,,"{}",,regular,2022-06-01T10:00:00Z,\n'
    "unsure@example.com,,{},,unactivated,2022-06-01T10:00:00Z,\n"
    "left@example.com,,{},,unsubscribed,2022-06-01T10:00:00Z,2023-06-01T10:00:00Z\n"
    "bounced@example.com,,{},,undeliverable,2022-06-01T10:00:00Z,\n"
)
MAILPOET = (
    '"Email","First name","Last name","List status","Global status","IP address","List"\n'
    '"proved@example.com","Fern","","subscribed","subscribed","","Letters"\n'
    '"unsure@example.com","","","unconfirmed","unconfirmed","","Letters"\n'
    '"left@example.com","","","subscribed","unsubscribed","","Letters"\n'
    '"bounced@example.com","","","subscribed","bounced","","Letters"\n'
)
OTHER = (
    "Name;E-Mail;Status;Confirmed at\n"
    "Fern;proved@example.com;;2022-06-01\n"
    "Moss;added@example.com;active;\n"
    "Ivy;left@example.com;Unsubscribed;2022-06-01\n"
    "Oak;unsure@example.com;dormant?;2022-06-01\n"
)
# Whose export, and what it says of whom.
SAMPLES = {
    "mailchimp": (MAILCHIMP, "proved added left bounced"),
    "substack": (SUBSTACK, "proved added left"),
    "ghost": (GHOST, "proved left"),
    "listmonk": (LISTMONK, "added left"),
    "listmonk with lists": (LISTMONK_WITH_LISTS, "proved unsure"),
    "buttondown": (BUTTONDOWN, "proved unsure left bounced"),
    "mailpoet": (MAILPOET, "proved unsure left bounced"),
    "other": (OTHER, "proved added left unsure"),
}
BECOMES = {
    "proved": "joined",
    "added": "unproven",
    "unsure": "unconfirmed",
    "left": "left",
    "bounced": "bounced",
}
