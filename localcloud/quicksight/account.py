"""The subscription, and the users and groups of the default namespace. They live in one region, the account's identity region."""

import uuid

from localcloud.engine import ServiceError
from localcloud.paging import page

NAMESPACE = "default"


class Account:
    """Actions of accounts, users and groups."""

    @property
    def subscription(self):
        """What CreateAccountSubscription was told, with `region`; None before."""
        return self.documents.items.get("subscription")

    def create_account_subscription(self, request):
        if self.subscription:
            text = f"Account {request.account} is already subscribed for QuickSight"
            raise ServiceError("ResourceExistsException", text, 409)
        given = request.body
        self.documents.items["subscription"] = {
            "region": request.region,
            "name": given["AccountName"],
            "edition": given.get("Edition", "ENTERPRISE"),
            "email": given["NotificationEmail"],
            "authentication": given["AuthenticationMethod"],
        }
        self.documents.items["user"], self.documents.items["group"] = {}, {}
        return {"SignupResponse": {"IAMUser": True, "accountName": given["AccountName"]}}

    def describe_account_subscription(self, request):
        if not self.subscription:
            text = f"Account {request.account} is not subscribed for QuickSight"
            raise ServiceError("ResourceNotFoundException", text, 404)
        self._at_home(request)
        told = self.subscription
        return {
            "AccountInfo": {
                "AccountName": told["name"],
                "Edition": told["edition"],
                "NotificationEmail": told["email"],
                "AuthenticationType": told["authentication"],
                "AccountSubscriptionStatus": "ACCOUNT_CREATED",
            }
        }

    def describe_account_settings(self, request):
        self._at_home(request)
        told = self.subscription
        return {
            "AccountSettings": {
                "AccountName": told["name"],
                "Edition": told["edition"],
                "DefaultNamespace": NAMESPACE,
                "NotificationEmail": told["email"],
                "PublicSharingEnabled": False,
                "TerminationProtectionEnabled": True,
            }
        }

    def list_namespaces(self, request):
        self._at_home(request)
        return {"Namespaces": [self._namespace(request)]}

    def describe_namespace(self, request):
        self._at_home(request)
        self._in_namespace(request)
        return {"Namespace": self._namespace(request)}

    def _namespace(self, request):
        told = {"Name": NAMESPACE, "Arn": self.arn(request, "namespace", NAMESPACE), "CreationStatus": "CREATED"}
        return {**told, "CapacityRegion": self.subscription["region"], "IdentityStore": "QUICKSIGHT"}

    def register_user(self, request):
        given = request.body
        name = given.get("UserName") or given.get("IamArn", "").rpartition(":")[2].partition("/")[2] or given["Email"]
        return {"User": self._new(request, "user", name, **{"UserName": name, "Active": True, **_kept(given, "Email", "IdentityType")})}

    def _new(self, request, kind, name, **shown):
        """A user or group; ResourceExistsException if the name is taken."""
        self._at_home(request)
        self._in_namespace(request)
        if name in self.documents.items[kind]:
            raise ServiceError("ResourceExistsException", f"{kind.capitalize()} {name} already exists", 409)
        role = {"Role": request.body["UserRole"]} if kind == "user" else {}
        arn = self.arn(request, kind, f"{NAMESPACE}/{name}")
        self.documents.items[kind][name] = found = {"Arn": arn, "PrincipalId": f"local/{uuid.uuid4()}", **shown, **role}
        return found

    def describe_user(self, request):
        return {"User": self._person(request, "user", request.body["UserName"])}

    def list_users(self, request):
        return self._people(request, "user", "UserList")

    def delete_user(self, request):
        return self._gone(request, "user", request.body["UserName"])

    def create_group(self, request):
        given = request.body
        return {"Group": self._new(request, "group", given["GroupName"], GroupName=given["GroupName"], **_kept(given, "Description"))}

    def describe_group(self, request):
        return {"Group": self._person(request, "group", request.body["GroupName"])}

    def list_groups(self, request):
        return self._people(request, "group", "GroupList")

    def delete_group(self, request):
        return self._gone(request, "group", request.body["GroupName"])

    def _person(self, request, kind, name):
        self._at_home(request)
        self._in_namespace(request)
        try:
            return self.documents.items[kind][name]
        except KeyError:
            text = f"{kind.capitalize()} {name} not found in namespace {NAMESPACE}"
            raise ServiceError("ResourceNotFoundException", text, 404) from None

    def _people(self, request, kind, result):
        self._at_home(request)
        self._in_namespace(request)
        known = self.documents.items[kind]
        names, more = page(request.body, sorted(known), most=100, error="InvalidNextTokenException")
        return {result: [known[name] for name in names], **more}

    def _gone(self, request, kind, name):
        self._person(request, kind, name)
        del self.documents.items[kind][name]
        return {}

    def _at_home(self, request):
        """Identities are asked for in their region only."""
        home = self.subscription["region"]
        if request.region != home:
            text = (
                f"Operation is being called from endpoint {request.region}, but your identity region is {home}. "
                f"Please use the {home} endpoint."
            )
            raise ServiceError("AccessDeniedException", text, 401)

    def _in_namespace(self, request):
        if request.body["Namespace"] != NAMESPACE:
            text = f"Account {request.account} is not signed up with QuickSight with namespace {request.body['Namespace']}"
            raise ServiceError("ResourceNotFoundException", text, 404)

    def principals(self, kind):
        """ARNs of all that permissions on a kind of resource can name; data are not shared with a whole namespace."""
        found = {each["Arn"] for which in ("user", "group") for each in self.documents.items.get(which, {}).values()}
        home = f"arn:aws:quicksight:{self.subscription['region']}:{self.settings.account}:namespace/{NAMESPACE}"
        return found | ({home} if kind in ("dashboard", "analysis") else set())


def _kept(given, *names):
    return {name: given[name] for name in names if name in given}
