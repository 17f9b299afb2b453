from django.urls import path

from palermo.web.people import views

app_name = "people"
CASE = "referrals/<str:reference>/people/"
RECORD = f"{CASE}<uuid:id>/"
urlpatterns = [
    path(CASE, views.case, name="case"),
    path(f"{CASE}find/<slug:kind>/", views.Find.as_view(), name="find"),
    path(f"{CASE}add/<slug:kind>/", views.Add.as_view(), name="add"),
    path(f"{RECORD}link/", views.Link.as_view(), name="link"),
    path(f"{RECORD}change/<slug:what>/", views.Change.as_view(), name="change"),
    path(f"{RECORD}name/", views.AddName.as_view(), name="name"),
    path(f"{RECORD}name/<int:key>/end/", views.EndName.as_view(), name="end-name"),
    path(f"{RECORD}contact/", views.Contact.as_view(), name="contact"),
    path(f"{RECORD}role/<int:key>/", views.ChangeRole.as_view(), name="role"),
    path(f"{RECORD}role/<int:key>/end/", views.EndRole.as_view(), name="end-role"),
    path(f"{RECORD}connect/", views.Connect.as_view(), name="connect"),
    path(f"{RECORD}connection/<int:key>/end/", views.EndConnection.as_view(), name="end-connection"),
    path(f"{RECORD}same/", views.FindSame.as_view(), name="find-same"),
    path(f"{RECORD}same/<uuid:other>/", views.NoteSame.as_view(), name="note-same"),
    path(f"{RECORD}same/<int:key>/end/", views.EndSame.as_view(), name="end-same"),
    path("people/<uuid:id>/", views.record, name="record"),
    path("people/<uuid:id>/address/<int:key>/", views.secret, name="secret"),
]
